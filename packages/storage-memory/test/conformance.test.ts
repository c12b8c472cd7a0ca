// The contract of the Storage port, as far as a volatile storage has one.
import { testStorage } from '@riverraft/conformance/storage'
import { test } from 'vitest'
import { memoryStorage } from '../src/index.js'

testStorage(test, (use) => use({ storage: memoryStorage }), { durable: false })
