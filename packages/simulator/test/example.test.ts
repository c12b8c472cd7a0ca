import { defineStateMachine } from '@riverraft/core'
import { simulate } from '@riverraft/simulator'
import { expect, test } from 'vitest'

const stateMachine = defineStateMachine({
  initial: { total: 0 },
  apply: (state, command: { add: number }) => (state.total += command.add),
})

test('the counter counts, whatever fails', { timeout: 60_000 }, async () => {
  const command = (choice: { below(count: number): number }) => ({ add: 1 + choice.below(10) })
  const query = () => (state: { total: number }) => state.total
  const { acknowledged, faults } = await simulate({ stateMachine, workload: { command, query }, seeds: 5 })
  expect(acknowledged).toBeGreaterThan(1_000)
  expect(faults).toBeGreaterThan(100)
})
