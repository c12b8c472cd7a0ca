// The prompt of a single node.
import type { Answer, Command } from '../control/commands.js'
import { epochMs, failureOf } from '../control/events.js'
import { helpLines, type Line } from '../prompt/parse.js'
import { describeAnswer, describeFailure, table } from '../ui/answers.js'
import type { Screen } from '../ui/screen.js'

const REQUEST_TIMEOUT_MS = 5_000

export type Execute = (command: Command, timeoutMs: number) => Promise<Answer>

export class NodePrompt {
  readonly #execute: Execute
  readonly #screen: Screen

  constructor(execute: Execute, screen: Screen) {
    this.#execute = execute
    this.#screen = screen
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
      case 'command':
        return this.#run(line.command)
      default:
        return line satisfies never
    }
  }

  async #run(command: Command): Promise<void> {
    try {
      const answer = await this.#execute(command, REQUEST_TIMEOUT_MS)
      if (answer.type === 'status') for (const row of statusRows(answer)) this.#screen.text(row)
      else this.#screen.line(epochMs(), undefined, describeAnswer(answer))
    } catch (error) {
      this.#screen.line(epochMs(), undefined, this.#screen.style('red', describeFailure(failureOf(error))))
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
