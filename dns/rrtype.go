package dns

// RR types the code speaks of by name.
const (
	typeSIG  = 24
	typeNB   = 32 // NetBIOS's use of NIMLOC's number, RFC 1002 §4.2.1.3
	typeNBST = 33 // NetBIOS's use of SRV's number
	typeOPT  = 41
	typeTSIG = 250
)

// rrType is a row of the registry: a type's name and the form of its data. No form: the data is shown as RFC 3597 tells.
type rrType struct {
	name string
	form []field
}

// Forms that several types share.
var (
	formName     = []field{fName}
	formTwoNames = []field{fName, fName}
	formPrefName = []field{fU16, fName}
	formStrings  = []field{fString, fStrings}
	formKey      = []field{fU16, fU8, fU8, fBase64}
	formSig      = []field{fType, fU8, fU8, fU32, fTime, fTime, fU16, fName, fBase64}
	formDS       = []field{fU16, fU8, fU8, fHex}
	formTLSA     = []field{fU8, fU8, fU8, fHex}
	formSVCB     = []field{fU16, fName, fSvcParams}
	formBase64   = []field{fBase64}
)

// rrTypes is IANA's registry of RR types, by number. The RFC after a form is the one that lays down how it is written.
var rrTypes = [...]rrType{
	1:   {"A", []field{fIPv4}},                                                // RFC 1035
	2:   {"NS", formName},                                                     // RFC 1035
	3:   {"MD", formName},                                                     // RFC 1035
	4:   {"MF", formName},                                                     // RFC 1035
	5:   {"CNAME", formName},                                                  // RFC 1035
	6:   {"SOA", []field{fName, fName, fU32, fU32, fU32, fU32, fU32}},         // RFC 1035
	7:   {"MB", formName},                                                     // RFC 1035
	8:   {"MG", formName},                                                     // RFC 1035
	9:   {"MR", formName},                                                     // RFC 1035
	10:  {"NULL", nil},                                                        // RFC 1035
	11:  {"WKS", []field{fIPv4, fU8, fPorts}},                                 // RFC 1035
	12:  {"PTR", formName},                                                    // RFC 1035
	13:  {"HINFO", []field{fString, fString}},                                 // RFC 1035
	14:  {"MINFO", formTwoNames},                                              // RFC 1035
	15:  {"MX", formPrefName},                                                 // RFC 1035
	16:  {"TXT", formStrings},                                                 // RFC 1035
	17:  {"RP", formTwoNames},                                                 // RFC 1183
	18:  {"AFSDB", formPrefName},                                              // RFC 1183
	19:  {"X25", []field{fString}},                                            // RFC 1183
	20:  {"ISDN", formStrings},                                                // RFC 1183
	21:  {"RT", formPrefName},                                                 // RFC 1183
	22:  {"NSAP", []field{fNSAP}},                                             // RFC 1706
	23:  {"NSAP-PTR", formName},                                               // RFC 1706
	24:  {"SIG", formSig},                                                     // RFC 2535, RFC 2931
	25:  {"KEY", formKey},                                                     // RFC 2535
	26:  {"PX", []field{fU16, fName, fName}},                                  // RFC 2163
	27:  {"GPOS", []field{fString, fString, fString}},                         // RFC 1712
	28:  {"AAAA", []field{fIPv6}},                                             // RFC 3596
	29:  {"LOC", []field{fLocation}},                                          // RFC 1876
	30:  {"NXT", []field{fName, fBits}},                                       // RFC 2535 §5.2, obsolete
	31:  {"EID", []field{fHex}},                                               // RFC 1992
	32:  {"NIMLOC", []field{fHex}},                                            // RFC 1992
	33:  {"SRV", []field{fU16, fU16, fU16, fName}},                            // RFC 2782
	34:  {"ATMA", []field{fATM}},                                              // ATM Name System V1.0
	35:  {"NAPTR", []field{fU16, fU16, fString, fString, fString, fName}},     // RFC 3403
	36:  {"KX", formPrefName},                                                 // RFC 2230
	37:  {"CERT", []field{fU16, fU16, fU8, fBase64}},                          // RFC 4398
	38:  {"A6", []field{fA6}},                                                 // RFC 2874, historic
	39:  {"DNAME", formName},                                                  // RFC 6672
	40:  {"SINK", []field{fU8, fU8, fU8, fBase64}},                            // draft-eastlake-kitchen-sink
	41:  {"OPT", nil},                                                         // RFC 6891
	42:  {"APL", []field{fPrefixes}},                                          // RFC 3123
	43:  {"DS", formDS},                                                       // RFC 4034
	44:  {"SSHFP", []field{fU8, fU8, fHex}},                                   // RFC 4255
	45:  {"IPSECKEY", []field{fIPSECKEY}},                                     // RFC 4025
	46:  {"RRSIG", formSig},                                                   // RFC 4034
	47:  {"NSEC", []field{fName, fTypes}},                                     // RFC 4034
	48:  {"DNSKEY", formKey},                                                  // RFC 4034
	49:  {"DHCID", formBase64},                                                // RFC 4701
	50:  {"NSEC3", []field{fU8, fU8, fU16, fSalt, fHash, fTypes}},             // RFC 5155
	51:  {"NSEC3PARAM", []field{fU8, fU8, fU16, fSalt}},                       // RFC 5155
	52:  {"TLSA", formTLSA},                                                   // RFC 6698
	53:  {"SMIMEA", formTLSA},                                                 // RFC 8162
	55:  {"HIP", []field{fHIP}},                                               // RFC 8005
	56:  {"NINFO", formStrings},                                               //
	57:  {"RKEY", formKey},                                                    //
	58:  {"TALINK", formTwoNames},                                             //
	59:  {"CDS", formDS},                                                      // RFC 7344
	60:  {"CDNSKEY", formKey},                                                 // RFC 7344
	61:  {"OPENPGPKEY", formBase64},                                           // RFC 7929
	62:  {"CSYNC", []field{fU32, fU16, fTypes}},                               // RFC 7477
	63:  {"ZONEMD", []field{fU32, fU8, fU8, fHex}},                            // RFC 8976
	64:  {"SVCB", formSVCB},                                                   // RFC 9460
	65:  {"HTTPS", formSVCB},                                                  // RFC 9460
	66:  {"DSYNC", []field{fType, fScheme, fU16, fName}},                      // RFC 9859
	67:  {"HHIT", formBase64},                                                 // RFC 9886
	68:  {"BRID", formBase64},                                                 // RFC 9886
	99:  {"SPF", formStrings},                                                 // RFC 7208
	100: {"UINFO", nil},                                                       //
	101: {"UID", nil},                                                         //
	102: {"GID", nil},                                                         //
	103: {"UNSPEC", nil},                                                      //
	104: {"NID", []field{fU16, fQuads}},                                       // RFC 6742
	105: {"L32", []field{fU16, fIPv4}},                                        // RFC 6742
	106: {"L64", []field{fU16, fQuads}},                                       // RFC 6742
	107: {"LP", formPrefName},                                                 // RFC 6742
	108: {"EUI48", []field{fEUI48}},                                           // RFC 7043
	109: {"EUI64", []field{fEUI64}},                                           // RFC 7043
	128: {"NXNAME", nil},                                                      // RFC 9824
	249: {"TKEY", []field{fName, fTime, fTime, fU16, fRcode, fSized, fSized}}, // RFC 2930
	250: {"TSIG", []field{fName, fU48, fU16, fSized, fU16, fRcode, fSized}},   // RFC 8945
	251: {"IXFR", nil},                                                        // RFC 1995
	252: {"AXFR", nil},                                                        // RFC 5936
	253: {"MAILB", nil},                                                       // RFC 1035
	254: {"MAILA", nil},                                                       // RFC 1035
	255: {"ANY", nil},                                                         // RFC 8482
	256: {"URI", []field{fU16, fU16, fText}},                                  // RFC 7553
	257: {"CAA", []field{fU8, fTag, fText}},                                   // RFC 8659
	258: {"AVC", formStrings},                                                 //
	259: {"DOA", []field{fU32, fU32, fU8, fString, fBase64}},                  // draft-durand-doa-over-dns
	260: {"AMTRELAY", []field{fAMTRELAY}},                                     // RFC 8777
	261: {"RESINFO", formStrings},                                             // RFC 9606
	262: {"WALLET", formStrings},                                              //
	263: {"CLA", formStrings},                                                 // draft-johnson-dns-ipn-cla
	264: {"IPN", []field{fU64}},                                               // draft-johnson-dns-ipn-cla
}

// rrTypesHigh are the types from 32768 on.
var rrTypesHigh = [...]rrType{
	{"TA", formDS},  //
	{"DLV", formDS}, // RFC 4431
}

// lookup returns the row of a type, the zero row for one without.
func lookup(code uint16) rrType {
	if int(code) < len(rrTypes) {
		return rrTypes[code]
	}
	if high := int(code) - 32768; high >= 0 && high < len(rrTypesHigh) {
		return rrTypesHigh[high]
	}
	return rrType{}
}
