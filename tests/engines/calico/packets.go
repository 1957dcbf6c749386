package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/projectcalico/calico/felix/proto"
	"github.com/projectcalico/calico/felix/rules"
)

// sourcePort is where all connections come from.
const sourcePort = 40_000

// protocol is one of IP, with its number.
type protocol struct {
	name   string
	number int32
}

var protocols = []protocol{{"TCP", 6}, {"UDP", 17}, {"SCTP", 132}, {"ICMP", 1}, {"ICMPv6", 58}}

func (p protocol) is(wanted *proto.Protocol) bool {
	if name := wanted.GetName(); name != "" {
		return strings.EqualFold(name, p.name)
	}
	return wanted.GetNumber() == p.number
}

// packet is the first of a connection, as it is at a pod: its number is the port of the target, or the type of ICMP.
type packet struct {
	source, target netip.Addr
	protocol       protocol
	number         int
}

// addressSet is an IP set: addresses, blocks, and addresses with a protocol and port.
type addressSet struct {
	blocks []netip.Prefix
	ports  map[string]bool
}

func setOf(members []string) *addressSet {
	made := &addressSet{ports: map[string]bool{}}
	made.add(members)
	return made
}

func (s *addressSet) add(members []string) {
	for _, text := range members {
		if strings.Contains(text, ",") {
			s.ports[text] = true
		} else if block, err := netip.ParsePrefix(text); err == nil {
			s.blocks = append(s.blocks, block)
		} else {
			address := netip.MustParseAddr(text)
			s.blocks = append(s.blocks, netip.PrefixFrom(address, address.BitLen()))
		}
	}
}

func (s *addressSet) has(address netip.Addr) bool {
	for _, block := range s.blocks {
		if block.Contains(address) {
			return true
		}
	}
	return false
}

type sets map[string]*addressSet

// hasPort tells whether an address has the port *number* in one of the sets.
func (s sets) hasPort(ids []string, address netip.Addr, protocol protocol, number int) bool {
	member := fmt.Sprintf("%s,%s:%d", address, strings.ToLower(protocol.name), number)
	for _, id := range ids {
		if s[id].ports[member] {
			return true
		}
	}
	return false
}

// matches tells whether all that a rule asks for holds. Of ports, numbers and names of one side are alternatives; of IP
// sets all must hold. What a rule asks of HTTP no data plane of the kernel looks at.
func (p packet) matches(written *proto.Rule, sets sets) bool {
	version := uint8(4)
	if p.target.Is6() {
		version = 6
	}
	rule := rules.FilterRuleToIPVersion(version, written)
	return rule != nil && p.hasProtocol(rule) &&
		p.isBetween(rule, sets) && !p.isExcepted(rule, sets) &&
		p.hasPorts(rule, sets) && p.isMessage(rule)
}

func (p packet) hasProtocol(rule *proto.Rule) bool {
	return (rule.Protocol == nil || p.protocol.is(rule.Protocol)) &&
		(rule.NotProtocol == nil || !p.protocol.is(rule.NotProtocol))
}

func (p packet) isBetween(rule *proto.Rule, sets sets) bool {
	if len(rule.SrcNet) > 0 && !isIn(p.source, rule.SrcNet) || len(rule.DstNet) > 0 && !isIn(p.target, rule.DstNet) {
		return false
	}
	for _, id := range rule.SrcIpSetIds {
		if !sets[id].has(p.source) {
			return false
		}
	}
	for _, id := range rule.DstIpSetIds {
		if !sets[id].has(p.target) {
			return false
		}
	}
	for _, id := range rule.DstIpPortSetIds {
		if !sets.hasPort([]string{id}, p.target, p.protocol, p.number) {
			return false
		}
	}
	return true
}

func (p packet) isExcepted(rule *proto.Rule, sets sets) bool {
	if isIn(p.source, rule.NotSrcNet) || isIn(p.target, rule.NotDstNet) {
		return true
	}
	for _, id := range rule.NotSrcIpSetIds {
		if sets[id].has(p.source) {
			return true
		}
	}
	for _, id := range rule.NotDstIpSetIds {
		if sets[id].has(p.target) {
			return true
		}
	}
	return false
}

func isIn(address netip.Addr, blocks []string) bool {
	for _, text := range blocks {
		if block := netip.MustParsePrefix(text); block.Contains(address) {
			return true
		}
	}
	return false
}

func (p packet) hasPorts(rule *proto.Rule, sets sets) bool {
	source := func(ranges []*proto.PortRange, named []string) bool {
		return isWithin(sourcePort, ranges) || sets.hasPort(named, p.source, p.protocol, sourcePort)
	}
	target := func(ranges []*proto.PortRange, named []string) bool {
		return isWithin(p.number, ranges) || sets.hasPort(named, p.target, p.protocol, p.number)
	}
	wants := func(ranges []*proto.PortRange, named []string) bool { return len(ranges)+len(named) > 0 }
	return (!wants(rule.SrcPorts, rule.SrcNamedPortIpSetIds) || source(rule.SrcPorts, rule.SrcNamedPortIpSetIds)) &&
		(!wants(rule.DstPorts, rule.DstNamedPortIpSetIds) || target(rule.DstPorts, rule.DstNamedPortIpSetIds)) &&
		!source(rule.NotSrcPorts, rule.NotSrcNamedPortIpSetIds) &&
		!target(rule.NotDstPorts, rule.NotDstNamedPortIpSetIds)
}

func isWithin(number int, ranges []*proto.PortRange) bool {
	for _, one := range ranges {
		if int(one.First) <= number && number <= int(one.Last) {
			return true
		}
	}
	return false
}

// isMessage tells whether the type of an ICMP message is the one asked for; all messages here have the code 0.
func (p packet) isMessage(rule *proto.Rule) bool {
	isType := func(kind, code int32) bool { return int(kind) == p.number && code == 0 }
	switch wanted := rule.Icmp.(type) {
	case *proto.Rule_IcmpType:
		if !isType(wanted.IcmpType, 0) {
			return false
		}
	case *proto.Rule_IcmpTypeCode:
		if !isType(wanted.IcmpTypeCode.Type, wanted.IcmpTypeCode.Code) {
			return false
		}
	}
	switch wanted := rule.NotIcmp.(type) {
	case *proto.Rule_NotIcmpType:
		return !isType(wanted.NotIcmpType, 0)
	case *proto.Rule_NotIcmpTypeCode:
		return !isType(wanted.NotIcmpTypeCode.Type, wanted.NotIcmpTypeCode.Code)
	}
	return true
}
