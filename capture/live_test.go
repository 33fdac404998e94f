package capture

import (
	"strings"
	"testing"
)

func TestPermissionError(t *testing.T) {
	for program, want := range map[string]string{
		"":            "eth0: capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw,cap_net_admin=eip $(command -v hanalyze)",
		"/opt/h":      "eth0: capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw,cap_net_admin=eip /opt/h",
		"/opt/it's a": `eth0: capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw,cap_net_admin=eip '/opt/it'\''s a'`,
	} {
		e := &PermissionError{Interface: "eth0", Capability: "CAP_NET_RAW", Program: program}
		if e.Error() != want {
			t.Errorf("%q\nwant %q", e, want)
		}
	}
}

func TestUnknownInterface(t *testing.T) {
	for _, name := range []string{"nosuch0", ""} {
		_, _, err := findInterface(name)
		if err == nil || !strings.Contains(err.Error(), "no such interface; there are ") || !strings.HasSuffix(err.Error(), ", any") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestInterfaces(t *testing.T) {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if last := list[len(list)-1]; last.Name != AnyInterface || last.Index != 0 || !last.Up {
		t.Errorf("%+v", last)
	}
	for _, i := range list[:len(list)-1] {
		if i.Name == "" || i.Index <= 0 {
			t.Errorf("%+v", i)
		}
	}
}
