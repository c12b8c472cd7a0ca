// The workload of this project's own runs: a few registers, written, compared and set, and read.
import { CommandRejected, defineStateMachine, type StateMachineFactory } from '@riverraft/core'
import type { Workload } from './workload.js'

export type RegisterCommand =
  | { readonly type: 'write'; readonly key: string; readonly value: number }
  | { readonly type: 'swap'; readonly key: string; readonly value: number }
  | { readonly type: 'cas'; readonly key: string; readonly from: number; readonly value: number }
  | { readonly type: 'add'; readonly key: string; readonly value: number }

export type Registers = Record<string, number>

/** Rejects a swap of a register that was never written. */
export const registers: StateMachineFactory<RegisterCommand, number | boolean, Registers> =
  defineStateMachine({
    initial: {} as Registers,
    apply(state: Registers, command: RegisterCommand): number | boolean {
      const { key, value } = command
      const before = state[key] ?? 0
      switch (command.type) {
        case 'write':
          state[key] = value
          return true
        case 'swap':
          if (state[key] === undefined) throw new CommandRejected(`${key} was never written`)
          state[key] = value
          return before
        case 'cas':
          if (before !== command.from) return false
          state[key] = value
          return true
        case 'add':
          state[key] = before + value
          return before + value
        default:
          return command satisfies never
      }
    },
  })

const KEYS = ['a', 'b', 'c', 'd'] as const

export const registerWorkload: Workload<RegisterCommand, Registers> = {
  command(choice, number) {
    const key = choice.of(KEYS)
    const type = choice.of(['write', 'add', 'swap', 'cas'] as const)
    if (type === 'cas') return { type, key, from: choice.below(number), value: number }
    return { type, key, value: number }
  },
  query(choice) {
    const key = choice.of([...KEYS, 'all'] as const)
    const query = (state: Registers): unknown => (key === 'all' ? { ...state } : (state[key] ?? 0))
    return Object.assign(query, { key })
  },
}
