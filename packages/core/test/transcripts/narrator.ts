// Tells what happens at the servers, and what they have become: nothing twice, and nothing while it is quiet.
import type { Input, NodeId, StepResult } from '../../src/consensus/index.js'
import type { Letter } from '../harness/letter.js'
import type { Server } from '../harness/server.js'
import { describeMessage } from './describe/message.js'
import { describeState } from './describe/state.js'
import { describeEffect, describeEvents, describeInput } from './describe/step.js'
import { Output } from './output.js'

export class Narrator {
  readonly output = new Output()
  readonly #shown = new Map<NodeId, string>()

  /** `waits`: whether what waits for a write is told, too. */
  step(server: Server, input: Input, result: StepResult, waits: boolean): void {
    // A timer that fires before its time only winds itself up again.
    if (input.type === 'Tick' && result.events.every(({ type }) => type === 'WakeScheduled')) return
    const { output } = this
    const header = describeInput(server, input)
    if (header !== undefined) output.line(header)
    const events = describeEvents(result)
    if (events !== undefined) output.line(`  ${events}`)
    for (const effect of result.effects) {
      const text = describeEffect(server, effect)
      if (text !== undefined) output.line(`  ${text}`)
    }
    for (const effect of result.effects) {
      if (!waits || effect.type !== 'Send' || effect.afterWrite === 0) continue
      const { to, message, afterWrite } = effect
      output.lineTo(`  after write ${afterWrite}: ${message.type} to`, to, describeMessage(message))
    }
  }

  sent({ to, message }: Letter): void {
    this.output.lineTo(`  sends ${message.type} to`, to, describeMessage(message))
  }

  lost({ from, to, message }: Letter, why: string): void {
    this.output.lineTo(`lost: ${message.type} from ${from} to`, to, `(${why})`)
  }

  /** `writes`: those under way that have not reached the disk; `waiting`: how many messages will never be sent. */
  crashed({ id }: Server, writes: readonly number[], waiting: number): void {
    const lost = writes.length > 0 ? `, loses write ${writes.join(' ')}` : ''
    const messages = waiting === 1 ? '1 waiting message' : `${waiting} waiting messages`
    this.output.line(`${id} crashes${lost}${waiting > 0 ? `, ${messages} never sent` : ''}`)
  }

  /** What a server has become, if it changed. */
  change(server: Server): void {
    const state = describeState(server)
    if (this.output.quiet || this.#shown.get(server.id) === state) return
    this.output.line(`  ${server.id} = ${state}`)
    this.#shown.set(server.id, state)
  }

  /** All that have changed. Servers that have become the same share a line. */
  changes(servers: Iterable<Server>): void {
    if (this.output.quiet) return
    const changed = new Map<string, NodeId[]>()
    for (const server of servers) {
      const state = describeState(server)
      if (this.#shown.get(server.id) === state) continue
      changed.set(state, [...(changed.get(state) ?? []), server.id])
      this.#shown.set(server.id, state)
    }
    for (const [state, ids] of changed) this.output.line(`${ids.join(' ')} = ${state}`)
  }

  /** What a server is, changed or not. */
  show(server: Server): void {
    const state = describeState(server)
    this.output.line(`${server.id} = ${state}`)
    if (!this.output.quiet) this.#shown.set(server.id, state)
  }

  /** Nothing of it is told; what the servers have become is told later. */
  quietly(happening: () => void): void {
    this.output.quiet = true
    try {
      happening()
    } finally {
      this.output.quiet = false
    }
  }
}
