// This machine's files keep the FileSystem contract, with O_DSYNC and without.
import { describe, test } from 'vitest'
import { testFileSystem } from '../src/file-system-contract/index.js'
import { nodeFileSystem } from '../src/index.js'
import { temporaryDirectory } from './harness/helpers.js'

describe.each([true, false])('this machine, O_DSYNC %s', (writesThrough) => {
  testFileSystem(test, async (use) => {
    await use({ fileSystem: nodeFileSystem({ writesThrough }), directory: await temporaryDirectory() })
  })
})
