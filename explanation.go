package hanalyze

// Explanation is what the identifier of a finding stands for, whatever the capture.
type Explanation struct {
	ID        string
	Severity  Severity
	Title     string
	Why       string   // what it means
	Advice    string   // what to do about it
	Evidence  []string // fields of records it rests on: "conn.tcp.zero_windows"
	Incidents []string // kinds of TCPIncident it rests on
	See       []string // the rules behind it: "RFC 9293 §3.8.6.1"
}
