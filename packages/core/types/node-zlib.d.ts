// Core compiles without node's types. This is the one node function it names, in src/wire/crc32-node.ts.
declare module 'node:zlib' {
  export function crc32(data: Uint8Array, value?: number): number
}
