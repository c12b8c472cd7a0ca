// A node as its transport sees it: it writes down what it is told, and whoever waits for something hears of it.
import type {
  Frame,
  Hello,
  HelloRefusal,
  Knock,
  Member,
  NodeId,
  Transport,
  TransportHost,
} from '@riverraft/core'
import { INCARNATION } from './frames.js'

/**
 * What it is told, a line each: `frame 3 from a` (the term of the frame's first message), `up b`, `down b: reason`,
 * `refused: wrong-cluster`, `pressure true`, `a knock`, and whatever is noted beside that.
 */
export abstract class RecordingHost implements TransportHost {
  abstract readonly id: NodeId
  /** Where others reach it. */
  abstract readonly address: string
  abstract readonly transport: Transport
  readonly clusterId: string
  /** In the order of their arrival. */
  readonly frames: Frame[] = []
  /** Who has knocked, in order. */
  readonly knocks: Knock[] = []
  readonly #log: string[] = []
  #waiting: (() => void)[] = []

  constructor(clusterId = 'cluster') {
    this.clusterId = clusterId
  }

  get member(): Member {
    return { id: this.id, address: this.address, role: 'voter' }
  }

  listen(...members: Member[]): Promise<string> {
    return this.transport.listen(this, members)
  }

  /** Resolves when something was told that matches; what was told before counts, once. */
  async until(pattern: RegExp | string): Promise<string> {
    for (;;) {
      const at = this.#log.findIndex((line) =>
        typeof pattern === 'string' ? line === pattern : pattern.test(line),
      )
      if (at >= 0) return this.#log.splice(0, at + 1).at(-1)!
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** What was told and not yet waited for. */
  get told(): readonly string[] {
    return this.#log
  }

  /** The same, and none of it counts for `until` any more. */
  takeTold(): string[] {
    return this.#log.splice(0)
  }

  hello(peer: NodeId): Hello {
    return helloOf(this.id, peer, this.clusterId)
  }

  admit(hello: Hello): HelloRefusal | undefined {
    if (hello.clusterId !== this.clusterId) return 'wrong-cluster'
    return hello.to === this.id ? undefined : 'wrong-target'
  }

  refused(_peer: NodeId, refusal: HelloRefusal): void {
    this.note(`refused: ${refusal}`)
  }

  receive(from: NodeId, frame: Frame): void {
    this.frames.push(frame)
    this.note(`frame ${frame.messages[0]!.term} from ${from}`)
  }

  linkUp(peer: NodeId): void {
    this.note(`up ${peer}`)
  }

  linkDown(peer: NodeId, reason: string): void {
    this.note(`down ${peer}: ${reason}`)
  }

  pressure(_peer: NodeId, high: boolean): void {
    this.note(`pressure ${high}`)
  }

  knocked(knock: Knock): void {
    this.knocks.push(knock)
    this.note('a knock')
  }

  note(line: string): void {
    this.#log.push(line)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Starts them and waits until each can send to each. */
export async function connect(...hosts: readonly RecordingHost[]): Promise<void> {
  const members = hosts.map(({ member }) => member)
  await Promise.all(hosts.map((host) => host.listen(...members)))
  for (const host of hosts) {
    for (const { id } of hosts) if (id !== host.id) await host.until(`up ${id}`)
  }
}

export function helloOf(from: NodeId, to: NodeId, clusterId = 'cluster'): Hello {
  const identity = { incarnation: INCARNATION, membersHash: 0, leaseHash: 0, generation: 0 }
  return { protocolMin: 1, protocolMax: 1, clusterId, from, to, ...identity }
}
