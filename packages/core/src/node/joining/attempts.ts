// How often a proof may be wrong, by everybody and by each origin: a token bucket each, refilled evenly.

const MINUTE_MS = 60_000
/** The part of all that one origin may use up. */
const ORIGIN_SHARE = 1 / 3
/** More are not remembered: the oldest is forgotten, and the bucket of all still holds. */
const ORIGINS_MAX = 1_024

class Bucket {
  readonly #tokensMax: number
  #tokens: number
  #at: number

  constructor(tokensMax: number, now: number) {
    this.#tokensMax = tokensMax
    this.#tokens = tokensMax
    this.#at = now
  }

  tokens(now: number): number {
    const refilled = this.#tokens + ((now - this.#at) / MINUTE_MS) * this.#tokensMax
    this.#tokens = Math.min(this.#tokensMax, refilled)
    this.#at = now
    return this.#tokens
  }

  take(now: number): void {
    this.#tokens = Math.max(0, this.tokens(now) - 1)
  }

  giveBack(): void {
    this.#tokens = Math.min(this.#tokensMax, this.#tokens + 1)
  }
}

export class Attempts {
  readonly #failuresMax: number
  readonly #all: Bucket
  /** In order of their first failure. */
  readonly #origins = new Map<string, Bucket>()

  constructor(failuresPerMinuteMax: number, now: number) {
    this.#failuresMax = failuresPerMinuteMax
    this.#all = new Bucket(failuresPerMinuteMax, now)
  }

  mayTry(origin: string, now: number): boolean {
    return this.#all.tokens(now) >= 1 && (this.#origins.get(origin)?.tokens(now) ?? 1) >= 1
  }

  /** A proof is looked at: it counts as wrong until it is known to be right, so that many at once are no way around. */
  begin(origin: string, now: number): void {
    this.#all.take(now)
    const known = this.#origins.get(origin)
    if (known !== undefined) return known.take(now)
    const bucket = new Bucket(Math.max(1, Math.floor(this.#failuresMax * ORIGIN_SHARE)), now)
    bucket.take(now)
    this.#origins.set(origin, bucket)
    for (const oldest of this.#origins.keys()) {
      if (this.#origins.size <= ORIGINS_MAX) break
      this.#origins.delete(oldest)
    }
  }

  /** It was right. */
  proved(origin: string): void {
    this.#all.giveBack()
    this.#origins.get(origin)?.giveBack()
  }

  /** How many origins are remembered. */
  get size(): number {
    return this.#origins.size
  }
}
