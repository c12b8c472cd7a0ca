/** A reason to stop that the reader can act on; printed as `CODE: message`, without a stack. */
export class BootstrapError extends Error {
  constructor(code, message, exitCode = 1) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}

const NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENETDOWN|ERR_SOCKET_TIMEOUT|network|dns error|error sending request|META_FETCH_FAIL|NO_OFFLINE/i

/** What to say when `what` could not be fetched, given everything the package manager printed. */
export function fetchFailure(what, output) {
  if (NETWORK.test(output)) {
    return new BootstrapError(
      'BOOTSTRAP_NETWORK',
      `${what} could not be fetched: the npm registry cannot be reached.\n` +
        'Connect to the network (or set npm_config_registry or a proxy that can be reached) and run the same\n' +
        'command again. Only the first run needs the network; what has been fetched is kept.',
    )
  }
  return new BootstrapError('BOOTSTRAP_FETCH', `${what} could not be installed; the reason is above.`)
}
