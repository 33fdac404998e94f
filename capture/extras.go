package capture

import (
	"encoding/binary"
)

// extras are the names and secrets of a batch that are not written yet.
type extras struct {
	names   []Name
	secrets []Secret
}

// write writes what comes before the i-th frame.
func (x *extras) write(w *Writer, i int) error {
	for len(x.secrets) > 0 && x.secrets[0].Before <= i {
		if err := w.secret(&x.secrets[0]); err != nil {
			return err
		}
		x.secrets = x.secrets[1:]
	}
	n := 0
	for n < len(x.names) && x.names[n].Before <= i {
		n++
	}
	if n == 0 {
		return nil
	}
	err := w.names(x.names[:n])
	x.names = x.names[n:]
	return err
}

// maxEarly bounds the names, and the secrets, that wait for the first packet of a Rotator. Programs write a few before any
// packet.
const maxEarly = MaxBatch

// add puts what is in y behind what is in x, to come before the next frame, as far as there is room. y is borrowed; its strings and data are not copied, as they
// own their memory.
func (x *extras) add(y extras) {
	for _, n := range y.names[:min(len(y.names), maxEarly-len(x.names))] {
		n.Before = 0
		x.names = append(x.names, n)
	}
	for _, s := range y.secrets[:min(len(y.secrets), maxEarly-len(x.secrets))] {
		s.Before = 0
		x.secrets = append(x.secrets, s)
	}
}

// names writes a name resolution block (§4.5).
func (w *Writer) names(all []Name) error {
	if err := w.begin(); err != nil {
		return err
	}
	var b []byte
	for i := range all {
		n := &all[i]
		kind, v := uint16(namesIPv4), n.Addr.AsSlice()
		if n.Addr.Is6() {
			kind = namesIPv6
		}
		v = append(append(v, n.Name...), 0)
		b = appendOption(b, kind, v)
	}
	return w.block(blockNames, appendOption(b, optEnd, nil))
}

// secret writes a decryption secrets block (§4.7).
func (w *Writer) secret(s *Secret) error {
	if err := w.begin(); err != nil {
		return err
	}
	le := binary.LittleEndian
	b := le.AppendUint32(nil, s.Kind)
	b = le.AppendUint32(b, uint32(len(s.Data)))
	b = append(b, s.Data...)
	return w.block(blockSecrets, append(b, 0, 0, 0)[:len(b)+(-len(b)&3)])
}
