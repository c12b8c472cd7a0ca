// The servers of one transcript, over pure consensus. Nothing happens by itself: commands say what, and in which order.
import type { ConsensusOptions, Input, NodeId, StepResult, Term } from '../../src/consensus/index.js'
import type { Entry } from '../harness/entry.js'
import { History } from '../harness/history.js'
import { BrokenInvariant, type Invariant } from '../harness/invariant.js'
import { INVARIANTS } from '../harness/invariants.js'
import type { Letter } from '../harness/letter.js'
import { OPTIONS } from '../harness/options.js'
import { Server, type World } from '../harness/server.js'
import { Mistake } from './mistake.js'
import { Narrator } from './narrator.js'
import { Network } from './network.js'

export interface Member {
  readonly id: NodeId
  /** The terms of the log it starts with. */
  readonly terms: readonly Term[]
  /** The term it starts in; by default that of its last entry. */
  readonly term: Term | undefined
  /** No member at the beginning, and knows nobody. */
  readonly joins: boolean
}

export class Stage implements World {
  readonly servers = new Map<NodeId, Server>()
  readonly history = new History(this.servers)
  readonly network = new Network()
  readonly narrator = new Narrator()
  /** Whose writes complete as soon as they are started. */
  readonly autoPersist = new Set<NodeId>()
  /** For each running server the writes its messages have waited for. */
  readonly #waiting = new Map<NodeId, number[]>()
  #reads = 0

  begin(members: readonly Member[], consensus: Partial<ConsensusOptions>): void {
    if (this.servers.size > 0) throw new Mistake('there are servers already')
    const first = members.filter(({ joins }) => !joins).map(({ id }) => id)
    for (const [i, { id, terms, term, joins }] of members.entries()) {
      if (this.servers.has(id)) throw new Mistake(`two servers are called ${id}`)
      const voters = joins ? [] : first
      const server = new Server({ id, voters, seed: i + 1, consensus: { ...OPTIONS, ...consensus } }, this)
      server.automatic.disk = false
      server.disk.entries = this.#log(id, terms)
      server.disk.hardState = { currentTerm: term ?? terms.at(-1) ?? 0, votedFor: undefined }
      this.servers.set(id, server)
    }
    this.narrator.quietly(() => {
      for (const server of this.servers.values()) server.start()
    })
  }

  /** Equal entries are one object, and the checkers know them. */
  #log(id: NodeId, terms: readonly Term[]): Entry[] {
    const log: Entry[] = []
    for (const [i, term] of terms.entries()) {
      if (term < (terms[i - 1] ?? 1)) throw new Mistake(`the terms of ${id}'s log go back`)
      const key = `${i + 1} ${term}`
      const previous = log.at(-1)
      const known = this.history.entries.get(key) ?? { entry: { index: i + 1, term, command: '' }, previous }
      if (known.previous !== previous)
        throw new Mistake(`${id}'s log breaks Log Matching at ${i + 1}@${term}`)
      this.history.entries.set(key, known)
      log.push(known.entry)
    }
    return log
  }

  server(id: NodeId | undefined): Server {
    const server = this.servers.get(id ?? '')
    if (server === undefined) throw new Mistake(id === undefined ? 'which server?' : `no server ${id}`)
    return server
  }

  running(id: NodeId | undefined): Server {
    const server = this.server(id)
    if (!server.up) throw new Mistake(`${id} is down`)
    return server
  }

  /** Something happens at one server: it is told, and then what the server has become. */
  act(server: Server, happening: () => void): void {
    happening()
    while (server.up && this.autoPersist.has(server.id) && server.disk.inFlight.length > 0) {
      server.completeWrites()
    }
    this.narrator.change(server)
  }

  tick(server: Server): StepResult {
    server.now = Math.max(server.now, server.wakeAt)
    server.wakeAt = Number.POSITIVE_INFINITY
    return server.step({ type: 'Tick' })
  }

  read(server: Server, lease: boolean): void {
    const readId = ++this.#reads
    this.act(server, () => server.step({ type: 'RequestRead', readId, lease }))
  }

  deliver(letter: Letter): void {
    const to = this.server(letter.to)
    if (!to.up) this.narrator.lost(letter, `${to.id} is down`)
    else if (!this.network.connected(letter.from, letter.to)) this.narrator.lost(letter, 'cut off')
    else this.act(to, () => to.receive(letter))
  }

  /** Of the writes under way the first `reached` have got to the disk. */
  crash(server: Server, reached: number): void {
    const writing = server.disk.inFlight.map(({ persist }) => persist.write)
    const oldest = writing[0] ?? Number.POSITIVE_INFINITY
    const waiting = (this.#waiting.get(server.id) ?? []).filter((write) => write >= oldest)
    this.#waiting.delete(server.id)
    this.narrator.crashed(server, writing.slice(reached), waiting.length)
    this.act(server, () => server.crash(reached))
  }

  send(letter: Letter): void {
    check((invariant) => invariant.left?.(this.history, letter))
    this.network.pool.push(letter)
    this.narrator.sent(letter)
  }

  stepped(server: Server, input: Input, result: StepResult): void {
    this.narrator.step(server, input, result, !this.autoPersist.has(server.id))
    for (const effect of result.effects) {
      if (effect.type !== 'Send' || effect.afterWrite === 0) continue
      this.#waiting.set(server.id, [...(this.#waiting.get(server.id) ?? []), effect.afterWrite])
    }
    const step = { history: this.history, server, input, result }
    check((invariant) => invariant.stepped?.(step))
  }
}

function check(look: (invariant: Invariant) => void): void {
  for (const invariant of INVARIANTS) {
    try {
      look(invariant)
    } catch (error) {
      throw error instanceof BrokenInvariant
        ? new BrokenInvariant(`${invariant.title}: ${error.message}`)
        : error
    }
  }
}
