// Sockets that are no transports: a port nobody uses, a peer that does not read, a cable that can be cut.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { encodeHello, type Hello } from '@riverraft/core'

/**
 * A port nobody listens on, outside the range from which systems give ports to outgoing connections: a peer that
 * comes back must find its port again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true })
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      new Promise((resolve) => server.once('error', () => resolve(false))),
    ])
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** Whatever listens, with its connections, to be closed at the end of a test. */
export class Listener {
  readonly server: Server
  readonly sockets: Socket[] = []

  static async start(accept: (socket: Socket) => void): Promise<Listener> {
    const listener = new Listener(accept)
    await once(listener.server.listen(0, '127.0.0.1'), 'listening')
    return listener
  }

  constructor(accept: (socket: Socket) => void) {
    this.server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('error', () => {})
      accept(socket)
    })
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  drop(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy()
  }

  async close(): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** Carries bytes to `address` and back, until it is dropped or frozen. */
export async function relayTo(address: string): Promise<Listener & { freeze(): void }> {
  const { hostname, port } = new URL(`tcp://${address}`)
  const relay: Listener = await Listener.start((near) => {
    const far = connect({ host: hostname, port: Number(port) })
    relay.sockets.push(far)
    far.on('error', () => near.destroy())
    far.on('close', () => near.destroy())
    near.on('close', () => far.destroy())
    near.pipe(far)
    far.pipe(near)
  })
  const freeze = (): void => {
    for (const socket of relay.sockets) socket.unpipe().pause()
  }
  return Object.assign(relay, { freeze })
}

/** The frame of a hello as it is on the wire. */
export function helloBytes(hello: Hello): Uint8Array {
  const bytes = encodeHello(hello)
  const framed = new Uint8Array(4 + bytes.length)
  new DataView(framed.buffer).setUint32(0, bytes.length, true)
  framed.set(bytes, 4)
  return framed
}
