//go:build !linux && !libpcap

package capture

// OpenLive returns ErrNotSupported.
func OpenLive(LiveOptions) (Source, error) { return nil, ErrNotSupported }
