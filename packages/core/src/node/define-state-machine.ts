// A state machine from an initial state and one function, with command and result types inferred end to end.
import { RaftError } from '../ports/errors.js'
import type { ApplyContext, CommandCodec, StateMachineFactory } from '../ports/state-machine.js'
import { utf8 } from '../wire/bytes.js'

export interface StateMachineDefinition<Command, Result, State> {
  /** Cloned for every node. */
  readonly initial: State
  /** Changes `state` in place and returns the result. Synchronous and deterministic; see StateMachine.apply. */
  readonly apply: (state: State, command: Command, context: ApplyContext) => Result
  /** Default: JSON. */
  readonly codec?: CommandCodec<Command>
}

export function defineStateMachine<State, Command, Result>(
  definition: StateMachineDefinition<Command, Result, State>,
): StateMachineFactory<Command, Result, State> {
  return {
    codec: definition.codec ?? jsonCodec<Command>(),
    create() {
      const state = structuredClone(definition.initial)
      return { state, apply: (command, context) => definition.apply(state, command, context) }
    },
  }
}

const decoder = new TextDecoder()

/** Commands as JSON. What JSON cannot carry (undefined, functions, BigInt) is ERR_INVALID_COMMAND. */
export function jsonCodec<Command>(): CommandCodec<Command> {
  return {
    encode(command) {
      const text: string | undefined = JSON.stringify(command)
      if (text === undefined) throw new RaftError('ERR_INVALID_COMMAND', 'the command has no JSON form')
      return utf8(text)
    },
    decode: (bytes) => JSON.parse(decoder.decode(bytes)) as Command,
  }
}

/**
 * Commands that are bytes already, passed as they are. Whoever proposes leaves them alone until the promise settles;
 * `apply` gets a view: copy what is kept.
 */
export const bytesCodec: CommandCodec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes }
