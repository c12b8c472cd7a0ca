import assert from 'node:assert'
import { test } from 'node:test'
import { defineStateMachine } from '@riverraft/core'
import { type Choice, simulate } from '@riverraft/simulator'

test('the counter counts, whatever fails', async () => {
  const stateMachine = defineStateMachine({
    initial: { total: 0 },
    apply: (state, command: { add: number }) => (state.total += command.add),
  })
  const command = (choice: Choice) => ({ add: 1 + choice.below(10) })
  const query = () => (state: { total: number }) => state.total
  const { acknowledged, faults } = await simulate({ stateMachine, workload: { command, query }, seeds: 5 })
  assert(acknowledged > 1_000 && faults > 100)
})
