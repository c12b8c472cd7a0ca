// In a browser there is no setImmediate.
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => vi.unstubAllGlobals())

test('without setImmediate the turns come as messages to ourselves', async () => {
  vi.stubGlobal('setImmediate', undefined)
  vi.resetModules()
  const { Turns } = await import('../src/turns.js')
  const turns = new Turns()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    turns.push(() => order.push('first'))
    turns.push(() => {
      order.push('second')
      turns.push(() => {
        order.push('a turn later')
        resolve()
      })
    })
    order.push('pushed')
  })
  expect(order).toEqual(['pushed', 'first', 'second', 'a turn later'])
})
