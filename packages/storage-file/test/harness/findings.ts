// What an inspection finds, for tests.
import { type FileSystem, nodeFileSystem } from '../../src/index.js'
import type { Finding } from '../../src/inspect/findings.js'
import { inspectDirectory } from '../../src/inspect/inspect-directory.js'

export async function findings(
  directory: string,
  fileSystem: FileSystem = nodeFileSystem(),
): Promise<Finding[]> {
  const found: Finding[] = []
  for await (const finding of inspectDirectory(fileSystem, directory)) found.push(finding)
  return found
}

export function only<Type extends Finding['type']>(
  found: readonly Finding[],
  type: Type,
): Extract<Finding, { type: Type }>[] {
  return found.filter((one): one is Extract<Finding, { type: Type }> => one.type === type)
}
