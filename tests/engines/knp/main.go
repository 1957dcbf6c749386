// Command knp answers which packets a cluster lets through, with the policy engine of kube-network-policies.
//
// Each line of standard input is a request in JSON, and is answered with one line: a 1 or a 0 for each source, target
// and port, in this order. It ends at the first thing that it cannot read: nothing is answered by leaving it out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	v1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

type request struct {
	// Manifests is a YAML stream of Namespaces, Pods with their addresses, NetworkPolicies and ClusterNetworkPolicies.
	Manifests string `json:"manifests"`
	// Addresses are all sources and all targets. That of a pod is that pod, on the host network excepted.
	Addresses []string `json:"addresses"`
	Ports     []port   `json:"ports"`
}

type port struct {
	// Protocol is TCP, UDP or SCTP; empty for any other, which has no ports.
	Protocol v1.Protocol `json:"protocol"`
	Number   int         `json:"number"`
}

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "knp: %v\n", err)
		os.Exit(1)
	}
}

func answer(in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(bufio.NewReader(in)), bufio.NewWriter(out)
	requests.DisallowUnknownFields()
	for {
		var asked request
		if err := requests.Decode(&asked); err == io.EOF {
			return answers.Flush()
		} else if err != nil {
			return err
		}
		engine, err := engineOf(asked.Manifests)
		if err != nil {
			return err
		}
		line, err := verdicts(engine, asked)
		if err != nil {
			return err
		}
		if _, err := answers.Write(append(line, '\n')); err != nil {
			return err
		}
	}
}

func verdicts(engine *networkpolicy.PolicyEngine, asked request) ([]byte, error) {
	addresses := make([]net.IP, len(asked.Addresses))
	for i, text := range asked.Addresses {
		if addresses[i] = net.ParseIP(text); addresses[i] == nil {
			return nil, fmt.Errorf("%q is no address", text)
		}
	}
	line := make([]byte, 0, len(addresses)*len(addresses)*len(asked.Ports))
	for _, source := range addresses {
		for _, target := range addresses {
			for _, port := range asked.Ports {
				allowed, err := engine.EvaluatePacket(context.Background(), packet(source, target, port))
				if err != nil {
					return nil, err
				}
				if allowed {
					line = append(line, '1')
				} else {
					line = append(line, '0')
				}
			}
		}
	}
	return line, nil
}

// packet returns the first packet of a connection.
func packet(source, target net.IP, port port) *network.Packet {
	family := v1.IPv4Protocol
	if source.To4() == nil || target.To4() == nil {
		family = v1.IPv6Protocol
	}
	return &network.Packet{
		Family:  family,
		SrcIP:   source,
		DstIP:   target,
		Proto:   port.Protocol,
		SrcPort: 40000,
		DstPort: port.Number,
	}
}
