// A node of the DHT on the Go libraries, with the parameters of Spegel's nodes, for tests of what crosses the wire.
//
// It reads commands from standard input, one per line, and writes one line of JSON for each:
//
//	provide <key>   announces a key
//	find <key>      looks for the providers of a key
//	connect <addr>  connects to a multiaddr that ends in a peer id, or to one without
//	peers           lists the routing table
//
// The first line tells the peer id and the addresses. It ends with standard input.
package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p-kad-dht/provider"
	"github.com/libp2p/go-libp2p-kad-dht/records"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
	"github.com/multiformats/go-multicodec"
	"github.com/multiformats/go-multihash"
)

const (
	advertiseTTL      = 15 * time.Minute
	maxReprovideDelay = 2 * time.Minute
	commandTimeout    = 20 * time.Second
)

type node struct {
	host     host.Host
	dht      *dht.IpfsDHT
	provider *provider.SweepingProvider
}

func main() {
	listen := flag.String("listen", "/ip4/127.0.0.1/tcp/0", "the multiaddrs to listen on, with commas between them")
	keyFile := flag.String("key", "", "the file of the identity; written if it does not exist")
	psk := flag.String("psk", "", "the key of a private network in hexadecimal digits")
	flag.Parse()
	if err := run(*listen, *keyFile, *psk); err != nil {
		log.Fatal(err)
	}
}

func run(listen, keyFile, psk string) error {
	n, err := newNode(listen, keyFile, psk)
	if err != nil {
		return err
	}
	defer n.host.Close()
	write(map[string]any{"id": n.host.ID(), "addrs": n.host.Addrs()})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		result, err := n.handle(command, argument)
		if err != nil {
			write(map[string]any{"error": err.Error()})
			continue
		}
		write(map[string]any{"result": result})
	}
	return lines.Err()
}

func newNode(listen, keyFile, psk string) (*node, error) {
	identity, err := identityOption(keyFile)
	if err != nil {
		return nil, err
	}
	var networkKey []byte // nil is no private network
	if psk != "" {
		if networkKey, err = hex.DecodeString(psk); err != nil {
			return nil, err
		}
	}
	h, err := libp2p.New(
		identity,
		libp2p.PrivateNetwork(networkKey),
		libp2p.ListenAddrStrings(strings.Split(listen, ",")...),
		libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.ChainOptions(libp2p.NoTransports, libp2p.Transport(tcp.NewTCPTransport)),
	)
	if err != nil {
		return nil, err
	}
	d, err := dht.New(
		h,
		dht.Mode(dht.ModeServer),
		dht.ProtocolPrefix("/spegel"),
		dht.ProviderManagerOpts(
			records.ProvideValidity(advertiseTTL+2*maxReprovideDelay),
			records.ProviderAddrTTL(time.Hour),
		),
	)
	if err != nil {
		return nil, err
	}
	p, err := provider.New(
		provider.WithRouter(d),
		provider.WithHost(h),
		provider.WithMessageSender(d.MessageSender()),
		provider.WithSelfAddrs(func() []multiaddr.Multiaddr { return h.Addrs() }),
		provider.WithReprovideInterval(advertiseTTL),
		provider.WithMaxReprovideDelay(maxReprovideDelay),
		provider.WithOfflineDelay(0),
		provider.WithConnectivityCheckOnlineInterval(time.Second),
		provider.WithAddLocalRecord(func(ctx context.Context, key multihash.Multihash) error {
			return d.ProviderStore().AddProvider(ctx, key, peer.AddrInfo{ID: h.ID()})
		}),
	)
	if err != nil {
		return nil, err
	}
	return &node{host: h, dht: d, provider: p}, nil
}

func (n *node) handle(command, argument string) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	switch command {
	case "provide":
		key, err := keyCid(argument)
		if err != nil {
			return nil, err
		}
		return true, n.provider.StartProviding(false, key.Hash())
	case "find":
		return n.find(ctx, argument)
	case "connect":
		return n.connect(ctx, argument)
	case "peers":
		return n.dht.RoutingTable().ListPeers(), nil
	default:
		return nil, fmt.Errorf("unknown command %q", command)
	}
}

func (n *node) find(ctx context.Context, argument string) (any, error) {
	key, err := keyCid(argument)
	if err != nil {
		return nil, err
	}
	found := []peer.AddrInfo{}
	for info := range n.dht.FindProvidersAsync(ctx, key, 0) {
		if info.ID != n.host.ID() {
			found = append(found, info)
		}
	}
	return found, nil
}

// A peer whose id is not known is dialled with a made-up one, as Spegel does: the error tells the real one.
func (n *node) connect(ctx context.Context, argument string) (any, error) {
	addr, err := multiaddr.NewMultiaddr(argument)
	if err != nil {
		return nil, err
	}
	info, err := peer.AddrInfoFromP2pAddr(addr)
	if err != nil {
		made, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			return nil, err
		}
		id, err := peer.IDFromPrivateKey(made)
		if err != nil {
			return nil, err
		}
		info = &peer.AddrInfo{ID: id, Addrs: []multiaddr.Multiaddr{addr}}
		var mismatch sec.ErrPeerIDMismatch
		if err := n.host.Connect(ctx, *info); !errors.As(err, &mismatch) {
			return nil, fmt.Errorf("expected another peer id: %w", err)
		}
		info.ID = mismatch.Actual
	}
	if err := n.host.Connect(ctx, *info); err != nil {
		return nil, err
	}
	return info.ID, nil
}

func keyCid(key string) (cid.Cid, error) {
	prefix := cid.Prefix{Version: 1, Codec: uint64(multicodec.Raw), MhType: multihash.SHA2_256, MhLength: -1}
	return prefix.Sum([]byte(key))
}

func identityOption(keyFile string) (libp2p.Option, error) {
	if keyFile == "" {
		return libp2p.RandomIdentity, nil
	}
	text, err := os.ReadFile(keyFile)
	if errors.Is(err, os.ErrNotExist) {
		if text, err = makeKeyFile(keyFile); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("the key file is no PEM file with a PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	raw, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the key file holds no Ed25519 key")
	}
	key, err := crypto.UnmarshalEd25519PrivateKey(raw)
	if err != nil {
		return nil, err
	}
	return libp2p.Identity(key), nil
}

func makeKeyFile(keyFile string) ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes})
	return text, os.WriteFile(keyFile, text, 0o600)
}

func write(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		log.Fatal(err)
	}
}
