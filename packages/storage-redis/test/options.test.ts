import { expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'

const url = 'redis://localhost'

test.each([
  [{ prefix: 'a' }],
  [{ url, connection: {}, prefix: 'a' }],
  [{ url: 'http://localhost', prefix: 'a' }],
  [{ url, prefix: '' }],
  [{ url, prefix: 'a}b' }],
  [{ url, prefix: 'a', commandTimeoutMs: 0 }],
  [{ url, prefix: 'a', connectTimeoutMs: Number.NaN }],
])('options that cannot be meant are refused at once: %j', (options) => {
  expect(() => redisStorage(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})

test('what is said of a wrong url does not repeat it: it may hold a password', () => {
  expect(() => redisStorage({ url: 'https://me:secret@redis', prefix: 'a' })).not.toThrow(/secret/)
})
