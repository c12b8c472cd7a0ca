// A way to Redis that obeys the test: it can lose a request, a part of one, or an answer, and then breaks.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What happens to the next request, after which the connection is gone:
 * - 'request': it never arrives
 * - 'part': only its first half arrives
 * - 'answer': it arrives and is answered, and the answer is lost
 */
export type Loss = 'request' | 'part' | 'answer'

export class LossyProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #loss: Loss | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(port: number): Promise<LossyProxy> {
    const server = createServer()
    const proxy = new LossyProxy(server)
    server.on('connection', (client) => proxy.#connect(client, port))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  loseNext(loss: Loss): void {
    this.#loss = loss
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** What is connected now stays so, and nothing comes through. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #connect(client: Socket, port: number): void {
    const redis = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (request) => {
      if (this.#loss === 'request') this.#lose()
      else if (this.#loss === 'part') redis.write(request.subarray(0, request.length / 2), () => this.#lose())
      else redis.write(request)
    })
    redis.on('data', (answer) => {
      if (this.#loss === 'answer') this.#lose()
      else client.write(answer)
    })
  }

  #lose(): void {
    this.#loss = undefined
    this.cut()
  }
}
