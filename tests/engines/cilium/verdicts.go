package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	enginepolicy "github.com/cilium/cilium/pkg/policy"
	pkgtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

type verdict byte

const (
	denied  verdict = '0'
	allowed verdict = '1'
	// filtered: some requests pass and others don't.
	filtered    verdict = 'f'
	unsupported verdict = 'u'
	// unasked: neither end has policies, or the source is a name.
	unasked verdict = '-'
)

// both returns the verdict on a connection from those of its two sides.
func both(egress, ingress verdict) verdict {
	for _, one := range []verdict{denied, unsupported, filtered} {
		if egress == one || ingress == one {
			return one
		}
	}
	return allowed
}

func (e *engine) answer(asked request) (answer, error) {
	reasons := map[string]bool{}
	verdicts := make([]byte, 0, len(asked.Ends)*len(asked.Ends)*len(asked.Ports))
	for _, source := range asked.Ends {
		for _, target := range asked.Ends {
			for _, port := range asked.Ports {
				found, err := e.connection(e.ends[source], e.ends[target], port, nil, reasons)
				if err != nil {
					return answer{}, err
				}
				verdicts = append(verdicts, byte(found))
			}
		}
	}
	requests := make([]byte, 0, len(asked.Questions))
	for _, one := range asked.Questions {
		source, target := e.ends[one.Source], e.ends[one.Target]
		if source == nil || target == nil {
			return answer{}, fmt.Errorf("%q or %q is not among the ends", one.Source, one.Target)
		}
		if (one.Method == "") == (one.Name == "") {
			return answer{}, fmt.Errorf("a question has a method or a name")
		}
		found, err := e.connection(source, target, one.Port, &one, reasons)
		if err != nil {
			return answer{}, err
		}
		requests = append(requests, byte(found))
	}
	unsupported := slices.Sorted(maps.Keys(reasons))
	return answer{Verdicts: string(verdicts), Requests: string(requests), Unsupported: unsupported}, nil
}

// connection returns the verdict on a connection, or on one request over it.
func (e *engine) connection(source, target *end, port port, asked *question, reasons map[string]bool) (verdict, error) {
	protocol, number, err := port.read()
	if err != nil {
		return unsupported, err
	}
	if source.isName || (!source.isPoliced && !target.isPoliced) {
		return unasked, nil
	}
	egress, ingress := allowed, allowed
	if source.isPoliced {
		egress = e.side(source, target, false, protocol, number, asked, reasons)
	}
	if target.isPoliced {
		ingress = e.side(target, source, true, protocol, number, asked, reasons)
	}
	return both(egress, ingress), nil
}

func (p port) read() (u8proto.U8proto, uint16, error) {
	if p.Protocol == "" {
		return u8proto.GRE, 1, nil
	}
	protocol, exists := map[string]u8proto.U8proto{
		"TCP": u8proto.TCP, "UDP": u8proto.UDP, "SCTP": u8proto.SCTP, "ICMP": u8proto.ICMP, "ICMPv6": u8proto.ICMPv6,
	}[p.Protocol]
	// the engine takes 0, of a port and of a type, for any
	if !exists || p.Number < 1 || p.Number > math.MaxUint16 {
		return 0, 0, fmt.Errorf("%d/%s is no port", p.Number, p.Protocol)
	}
	return protocol, uint16(p.Number), nil
}

// side returns the verdict of the policies of one end, with *peer* at the other.
func (e *engine) side(
	one, peer *end, isIngress bool, protocol u8proto.U8proto, number uint16, asked *question, reasons map[string]bool,
) verdict {
	computed := e.policyOf(one)
	if computed.err != nil {
		reasons[computed.err.Error()] = true
		return unsupported
	}
	key, filters := enginepolicy.EgressKey(), computed.egress
	if isIngress {
		key, filters = enginepolicy.IngressKey(), computed.ingress
	}
	entry, _, _ := computed.policy.Lookup(key.WithIdentity(peer.identity.ID).WithPortProto(protocol, number))
	switch {
	case entry.IsDeny():
		return denied
	case entry.ProxyPort == 0:
		return allowed
	}
	named := peer
	if isIngress {
		named = one
	}
	found, err := through(filters, peer, named, protocol, number, asked)
	if err != nil {
		reasons[err.Error()] = true
	}
	return found
}

// computed is the policy of one end, as the agent computes it when it regenerates an endpoint.
type computed struct {
	policy          *enginepolicy.EndpointPolicy
	ingress, egress []*enginepolicy.L4Filter
	err             error
}

func (e *engine) policyOf(one *end) *computed {
	if one.computed == nil {
		one.computed = e.compute(one)
	}
	return one.computed
}

func (e *engine) compute(one *end) *computed {
	e.identities.Add(one.identity)
	selected, _, err := e.repository.ComputeSelectorPolicy(one.identity)
	if err != nil {
		return &computed{err: fmt.Errorf("the policy of an endpoint does not compute: %w", err)}
	}
	made := selected.DistillPolicy(logger, one.owner, map[string]uint16{enginepolicy.FallbackRedirectID: math.MaxUint16})
	made.Ready()
	found := &computed{policy: made}
	for filter := range made.SelectorPolicy.L4Policy.Ingress.PortRules.Filters() {
		found.ingress = append(found.ingress, filter)
	}
	for filter := range made.SelectorPolicy.L4Policy.Egress.PortRules.Filters() {
		found.egress = append(found.egress, filter)
	}
	return found
}

// owner is what the engine asks of an endpoint.
type owner struct {
	id    uint64
	ports pkgtypes.NamedPortMap
}

func (o *owner) GetID() uint64 { return o.id }

func (o *owner) GetIngressNamedPort(name string, protocol u8proto.U8proto) uint16 {
	number, err := o.ports.GetNamedPort(name, protocol)
	if err != nil {
		return 0
	}
	return number
}

func (o *owner) PolicyDebug(string, ...any) {}

func (o *owner) IsHost() bool { return false }

func (o *owner) PreviousMapStateSizes() (sizes enginepolicy.MapStateSizes) { return sizes }

func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}
