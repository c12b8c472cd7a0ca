// The user's state machine, with a number before each command: so that every attempt of every client can be found again
// in the log, and what applying it returned is seen on every server.
import { type CommandCodec, RaftError, type StateMachineFactory } from '@riverraft/core'
import type { AppliedCommand } from '../checkers/checker.js'

export interface Attempted<Command> {
  readonly attempt: number
  readonly command: Command
}

const NUMBER_BYTES = 8

export function attemptedCodec<Command>(codec: CommandCodec<Command>): CommandCodec<Attempted<Command>> {
  return {
    encode({ attempt, command }) {
      const body = codec.encode(command)
      const bytes = new Uint8Array(NUMBER_BYTES + body.length)
      new DataView(bytes.buffer).setFloat64(0, attempt)
      bytes.set(body, NUMBER_BYTES)
      return bytes
    },
    decode(bytes) {
      if (bytes.length < NUMBER_BYTES) throw new RaftError('ERR_DECODE', 'command without an attempt number')
      return { attempt: attemptOf(bytes), command: codec.decode(bytes.subarray(NUMBER_BYTES)) }
    },
  }
}

export function attemptOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0)
}

/** What apply returned or threw, as a comparable text. */
export function outcomeText(result: unknown, rejection: unknown): string {
  if (rejection !== undefined) return `rejected: ${(rejection as Error).message}`
  return JSON.stringify(result) ?? 'undefined'
}

export interface MachineObserver<State> {
  created(machine: { readonly state: State }): void
  /** Before the outcome is known: the machine may be slow here. */
  applying(): void
  /** Before a snapshot is restored: resolves when the machine has taken its time. */
  restoring(): Promise<void>
  applied(command: AppliedCommand): void
}

export function recordedMachine<Command, Result, State>(
  factory: StateMachineFactory<Command, Result, State>,
  observer: MachineObserver<State>,
): StateMachineFactory<Attempted<Command>, Result, State> {
  return {
    codec: attemptedCodec(factory.codec),
    create() {
      const machine = factory.create()
      observer.created(machine)
      return {
        get state() {
          return machine.state
        },
        snapshot: () => machine.snapshot(),
        restore: async (content) => {
          await observer.restoring()
          await machine.restore(content)
        },
        apply({ attempt, command }, context) {
          const { index, term, timestamp, session } = context
          const entry = { index, term, timestamp, session, attempt }
          observer.applying()
          const tell = (outcome: string): void =>
            observer.applied({ ...entry, outcome, state: machine.state })
          try {
            const result = machine.apply(command, context)
            tell(outcomeText(result, undefined))
            return result
          } catch (error) {
            tell(outcomeText(undefined, error))
            throw error
          }
        },
      }
    },
  }
}
