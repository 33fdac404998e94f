package pipeline

import (
	"strconv"

	"hanalyze"
	"hanalyze/packet"
)

// maxUnknownLinks bounds the link types nobody reads that are counted by number: a pcapng has one for each of its interfaces,
// and an honest one few.
const maxUnknownLinks = 64

// unknownLinks counts packets of link types nobody reads.
type unknownLinks struct {
	byType map[hanalyze.LinkType]uint64
	others uint64 // of the types beyond maxUnknownLinks
}

func (u *unknownLinks) add(link hanalyze.LinkType) {
	if _, known := u.byType[link]; !known && len(u.byType) == maxUnknownLinks {
		u.others++
		return
	}
	if u.byType == nil {
		u.byType = map[hanalyze.LinkType]uint64{}
	}
	u.byType[link]++
}

// tell adds the counts to stats.packets.skipped, as "link_type_147".
func (u *unknownLinks) tell(skipped map[string]uint64) {
	for link, n := range u.byType {
		skipped["link_type_"+strconv.FormatUint(uint64(link), 10)] += n
	}
	if u.others > 0 {
		skipped[packet.UnknownLink.String()] += u.others
	}
}
