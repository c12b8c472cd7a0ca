// What a driver's failure says to the person who reads the log.

/** What to do when an address cannot be listened on, by the code of the operating system's error. */
const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process, or another node of this one, listens there: stop it or choose another port',
  EACCES: 'this user may not: ports below 1024 usually need privileges, choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address: choose one of its own, or 0.0.0.0 for all',
  ENOTFOUND: 'no such host name: choose an address of this machine, or 0.0.0.0 for all',
}

/** Its message; of an error that only collects others, as node makes for a host with several addresses, theirs. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  return error instanceof AggregateError ? error.errors.map(failureText).join('; ') : error.name
}

/** The same for a failed listen, with advice where we have any. */
export function listenFailureText(error: unknown): string {
  const advice = LISTEN_ADVICE[String((error as { code?: unknown } | undefined)?.code)]
  return advice === undefined ? failureText(error) : `${failureText(error)} (${advice})`
}
