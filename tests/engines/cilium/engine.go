package main

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	enginepolicy "github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	pkgtypes "github.com/cilium/cilium/pkg/types"
)

const clusterName = "default"

var logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))

// setUp sets the options of the process to what the agent has under Kubernetes; SCTP, which is off there, is on.
func setUp() error {
	config := option.Config
	config.ClusterName = clusterName
	config.EnablePolicy = option.DefaultEnforcement
	config.EnableK8sNetworkPolicy = true
	config.EnableIPv4, config.EnableIPv6 = true, true
	config.EnableL7Proxy, config.EnableICMPRules, config.EnableSCTP = true, true, true
	config.EnableNonDefaultDenyPolicies = true
	config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	enginepolicy.SetPolicyEnabled(option.DefaultEnforcement)
	api.InitEntities(clusterName)
	return labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, "")
}

// set sets the options of one request.
func set(wanted options) error {
	for _, mode := range wanted.CIDRMatchMode {
		if mode != "pods" && mode != "nodes" {
			return fmt.Errorf("there is no CIDR match mode %q", mode)
		}
	}
	option.Config.PolicyCIDRMatchMode = wanted.CIDRMatchMode
	return nil
}

// engine is Cilium's policy engine with the policies of one cluster. Nothing of it outlives the request.
type engine struct {
	repository *enginepolicy.Repository
	identities identitymanager.IDManager
	ends       map[string]*end
}

func engineOf(cluster *cluster, schemas schemas, asked request) (*engine, []refusal, error) {
	parser := parser{schemas: schemas, cluster: cluster, clusterName: clusterName}
	if asked.Options.AnyCluster {
		parser.clusterName = types.PolicyAnyCluster
	}
	var policies []policy
	var refused []refusal
	for _, found := range cluster.policies {
		made, err := parser.parse(found)
		if err != nil {
			refused = append(refused, refusalOf(found, err))
		}
		policies = append(policies, made)
	}
	if len(refused) > 0 {
		return nil, refused, nil
	}
	made := newEngine()
	names, groups := namesIn(policies), groupsIn(policies)
	registry := registryOf(cluster, names, groups)
	for _, text := range asked.Ends {
		one, err := registry.end(text)
		if err != nil {
			return nil, nil, err
		}
		made.ends[text] = one
	}
	registry.others()
	made.add(registry, policies)
	return made, nil, nil
}

func newEngine() *engine {
	reserved := identity.IdentityMap{}
	identity.IterateReservedIdentities(func(number identity.NumericIdentity, one *identity.Identity) {
		reserved[number] = one.LabelArray
	})
	translator := envoypolicy.NewEnvoyL7RulesTranslator(logger, certificatemanager.NewMockSecretManagerInline())
	identities := identitymanager.NewIDManager(logger)
	repository := enginepolicy.NewPolicyRepository(logger, reserved, nil, translator, identities, noMetrics{})
	return &engine{repository: repository, identities: identities, ends: map[string]*end{}}
}

// add gives the engine all identities, and then the policies; nothing has to be computed again so.
func (e *engine) add(registry *registry, policies []policy) {
	e.repository.SetNamedPortsGetter(namedPorts{registry.named})
	peers := e.repository.GetSelectorCache()
	waiting := &sync.WaitGroup{}
	peers.UpdateIdentities(maps.Clone(registry.made), nil, waiting) // it takes what it knows out of the map
	waiting.Wait()
	subjects := registry.made
	identity.IterateReservedIdentities(func(number identity.NumericIdentity, one *identity.Identity) {
		subjects[number] = one.LabelArray
	})
	e.repository.UpdateIdentities(subjects, nil)
	for _, one := range policies {
		if one.group == nil {
			e.repository.ReplaceByResource(one.entries, one.resource)
		}
	}
	e.repository.GetSubjectSelectorCache().Commit()
	peers.Commit()
}

func namesIn(policies []policy) (found []api.FQDNSelector) {
	for _, one := range policies {
		for _, entry := range one.entries {
			for _, peer := range entry.L3 {
				if selector, ok := peer.(*policytypes.FQDNSelector); ok {
					if name, ok := selector.GetFQDNSelector(); ok && !slices.Contains(found, *name) {
						found = append(found, *name)
					}
				}
			}
		}
	}
	return found
}

func groupsIn(policies []policy) (found []*ciliumv2.CiliumCIDRGroup) {
	for _, one := range policies {
		if one.group != nil {
			found = append(found, one.group)
		}
	}
	return found
}

type noMetrics struct{}

func (noMetrics) AddRule(policytypes.PolicyEntry) {}
func (noMetrics) DelRule(policytypes.PolicyEntry) {}

type namedPorts struct{ ports pkgtypes.NamedPortMultiMap }

func (n namedPorts) GetNamedPorts() pkgtypes.NamedPortMultiMap { return n.ports }
