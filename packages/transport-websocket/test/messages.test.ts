import { expect, test } from 'vitest'
import { messagesOf } from '../src/messages.js'

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

test('a batch is one message; one piece is not copied', () => {
  const one = bytes(5, 1)
  expect(messagesOf([one])[0]).toBe(one)
  expect(messagesOf([one, bytes(0, 0), bytes(2, 2)]).map((message) => [...message])).toEqual([
    [1, 1, 1, 1, 1, 2, 2],
  ])
})

test('nothing is no message', () => {
  expect(messagesOf([])).toEqual([])
  expect(messagesOf([bytes(0, 0)])).toEqual([])
})

test('what is too long is cut, in order, and nothing is lost', () => {
  expect(messagesOf([bytes(4, 1), bytes(3, 2)], 3).map((message) => [...message])).toEqual([
    [1, 1, 1],
    [1, 2, 2],
    [2],
  ])
  expect(messagesOf([bytes(6, 1)], 3).map(({ length }) => length)).toEqual([3, 3])
})
