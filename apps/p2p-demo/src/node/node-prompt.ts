// The prompt of a single node.
import type { Answer, Command } from '../control/commands.js'
import { epochMs, failureOf } from '../control/events.js'
import { helpLines } from '../prompt/help.js'
import type { Line } from '../prompt/parse.js'
import { describeAnswer, describeFailure, table, withNames } from '../ui/answers.js'
import type { Screen } from '../ui/screen.js'
import { changeAsLeader, memberRows } from './member-lines.js'
import { shortName } from './tell-event.js'

const REQUEST_TIMEOUT_MS = 5_000

export type Execute = (command: Command, timeoutMs: number) => Promise<Answer>

export class NodePrompt {
  readonly #execute: Execute
  readonly #screen: Screen
  readonly #howToJoin: () => void

  /** `howToJoin` shows what another machine has to start. */
  constructor(execute: Execute, screen: Screen, howToJoin: () => void) {
    this.#execute = execute
    this.#screen = screen
    this.#howToJoin = howToJoin
  }

  async carryOut(line: Exclude<Line, { type: 'quit' | 'empty' }>): Promise<void> {
    switch (line.type) {
      case 'wrong':
        return this.#screen.text(line.message)
      case 'help':
        for (const text of helpLines('node')) this.#screen.text(text)
        return
      case 'kill':
      case 'start':
        // Only a launcher has processes; the parser knows.
        return
      case 'members':
        return this.#members()
      case 'add':
        if (line.who === undefined) return this.#howToJoin()
        return this.#change(line)
      case 'change':
      case 'transfer':
        return this.#change(line)
      case 'command':
        return this.#run(line.command)
      default:
        return line satisfies never
    }
  }

  async #members(): Promise<void> {
    await this.#try(async () => {
      const status = await this.#execute({ type: 'status' }, REQUEST_TIMEOUT_MS)
      if (status.type === 'status') for (const row of memberRows(status)) this.#screen.text(row)
    })
  }

  async #change(line: Parameters<typeof changeAsLeader>[0]): Promise<void> {
    await this.#try(async () => {
      const done = await changeAsLeader(line, this.#execute)
      this.#screen.line(epochMs(), undefined, done)
    })
  }

  async #run(command: Command): Promise<void> {
    await this.#try(async () => {
      const answer = await this.#execute(command, REQUEST_TIMEOUT_MS)
      if (answer.type === 'status') for (const row of statusRows(answer)) this.#screen.text(row)
      else this.#screen.line(epochMs(), undefined, describeAnswer(answer))
    })
  }

  async #try(body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      this.#screen.line(
        epochMs(),
        undefined,
        this.#screen.style('red', withNames(describeFailure(failureOf(error)), shortName)),
      )
    }
  }
}

function statusRows(status: Answer & { type: 'status' }): readonly string[] {
  const { id, role, term, leaderId, lastIndex, commitIndex, lastApplied, members, followers } = status
  const rows = [
    ['this node', id],
    ['cluster', status.clusterId],
    ['role', `${role} in term ${term}, leader ${leaderId ?? 'unknown'}`],
    ['log', `last index ${lastIndex}, committed ${commitIndex}, applied ${lastApplied}`],
    ...members.map((member) => {
      const follower = followers.find((follower) => follower.id === member.id)
      const matched = follower === undefined ? '' : `, holds the log up to ${follower.matchIndex}`
      return ['member', `${member.id} at ${member.address}${matched}`]
    }),
  ]
  return table(rows)
}
