// A line to a listening port that carries so many bytes per millisecond and direction, and pushes back: what it has not
// carried yet waits in the kernel's buffers of whoever sent it, as on any slow path.
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What a line carries at once at most, in milliseconds of its rate. */
const BURST_MS = 20
const TICK_MS = 2

export interface SlowLine {
  readonly port: number
  close(): void
}

export async function slowLine(target: number, bytesPerMs: number): Promise<SlowLine> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true })
    client.setNoDelay()
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      carry(from, to, bytesPerMs)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function carry(from: Socket, to: Socket, bytesPerMs: number): void {
  let [last, allowed] = [performance.now(), 0]
  const timer = setInterval(() => {
    const now = performance.now()
    allowed = Math.min(allowed + (now - last) * bytesPerMs, BURST_MS * bytesPerMs)
    last = now
    for (;;) {
      const bytes = from.read(Math.min(from.readableLength, Math.floor(allowed))) as Buffer | null
      if (bytes === null || bytes.length === 0) break
      allowed -= bytes.length
      to.write(bytes)
    }
  }, TICK_MS)
  // Without a listener nothing would be read from the socket at all.
  from.on('readable', () => {})
  from.on('error', () => to.destroy())
  from.on('close', () => {
    clearInterval(timer)
    to.destroy()
  })
}
