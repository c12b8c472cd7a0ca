// The disk under the proof keeps the contract of the file storage's files: what fails above it is not its fault.
import { testDurability, testFileSystem } from '@riverraft/storage-file/file-system-contract'
import { describe, test } from 'vitest'
import { CrashableDisk } from './crashable-disk.js'

describe.each([true, false])('a disk in memory, writes through: %s', (writesThrough) => {
  const withPlace = async (
    use: (place: Parameters<Parameters<Parameters<typeof testDurability>[1]>[0]>[0]) => Promise<void>,
  ): Promise<void> => {
    const disk = new CrashableDisk(writesThrough)
    const fileSystem = disk.fileSystem()
    await fileSystem.makeDirectory('/place')
    const losePower = async () => {
      disk.losePower()
      return disk.fileSystem()
    }
    await use({ fileSystem, directory: '/place', losePower })
  }
  testFileSystem(test, withPlace)
  testDurability(test, withPlace)
})
