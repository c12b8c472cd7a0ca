// The one place that names the Noise implementation: see docs/adr/0010-libp2p-noise.md.
export { noise } from '@chainsafe/libp2p-noise'
