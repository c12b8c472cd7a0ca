// Assertions of no framework: what fails says in one line what was expected and what came instead.
import type { ErrorCode } from '@riverraft/core'

/** What a suite throws when what it tests breaks the contract. */
export class ContractError extends Error {
  override readonly name: string = 'ContractError'
}

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ContractError(what)
}

/** Equal by structure. A property that is missing equals one that is undefined. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [show(actual), show(expected)]
  check(got === wanted, `${what}: expected ${wanted}, got ${got}`)
}

/** The call rejects with a RaftError of one of these codes. */
export async function failsWith(
  codes: ErrorCode | readonly ErrorCode[],
  call: () => Promise<unknown>,
  what: string,
): Promise<void> {
  let error: unknown
  try {
    const answer = await call()
    error = `no error but ${show(answer)}`
  } catch (thrown) {
    error = thrown
  }
  hasCode(error, codes, what)
}

export function hasCode(error: unknown, codes: ErrorCode | readonly ErrorCode[], what: string): void {
  const wanted = [codes].flat()
  const { code } = (error instanceof Error ? error : {}) as { code?: ErrorCode }
  const got = error instanceof Error ? `${code ?? 'no code'} (${error.message})` : show(error)
  check(code !== undefined && wanted.includes(code), `${what}: expected ${wanted.join(' or ')}, got ${got}`)
}

const TEXT_MAX = 600

/** As text, keys sorted. Long texts are cut in the middle, but keep a digest: different ones stay different. */
function show(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, toJson: unknown) {
    // A Buffer has turned itself into something else by now.
    const part = this[key] instanceof Uint8Array ? this[key] : toJson
    if (part instanceof Uint8Array) return `bytes ${[...part].map((byte) => byte.toString(16)).join(' ')}`
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  if (text === undefined || text.length <= TEXT_MAX) return text ?? 'undefined'
  let digest = 0
  for (let i = 0; i < text.length; i++) digest = (Math.imul(digest, 31) + text.charCodeAt(i)) >>> 0
  return `${text.slice(0, TEXT_MAX / 2)} … ${text.slice(-TEXT_MAX / 2)} (${text.length} characters, digest ${digest})`
}
