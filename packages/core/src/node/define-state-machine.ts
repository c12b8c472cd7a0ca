// A state machine from an initial state and one function, with command and result types inferred end to end.
import { RaftError } from '../ports/errors.js'
import type { ApplyContext, CommandCodec, StateMachine, StateMachineFactory } from '../ports/state-machine.js'
import { decodeError, utf8 } from '../wire/bytes.js'
import { ValueDecoder } from '../wire/value-decoder.js'
import { encodeValues } from '../wire/value-encoder.js'

export interface StateMachineDefinition<Command, Result, State> {
  /**
   * Cloned for every node. Plain data (objects, arrays, maps, sets, strings, numbers, bigints, dates, Uint8Arrays): it
   * goes into snapshots. A snapshot is written in slices of at most 5 ms, during which nothing is applied; beyond some
   * 64 MiB of state that takes too long, and a machine should bring a `snapshot` of its own.
   */
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
    create: () => machineOf(definition),
  }
}

function machineOf<Command, Result, State>({
  initial,
  apply,
}: StateMachineDefinition<Command, Result, State>): StateMachine<Command, Result, State> {
  let state = structuredClone(initial)
  return {
    get state() {
      return state
    },
    apply: (command, context) => apply(state, command, context),
    snapshot: () => ({ content: encodeValues([state]), appliesWait: true }),
    async restore(content) {
      const values: unknown[] = []
      const decoder = new ValueDecoder((value) => values.push(value))
      for await (const piece of content) decoder.push(piece)
      decoder.end()
      if (values.length !== 1) throw decodeError(`a snapshot of ${values.length} states`)
      state = values[0] as State
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
