import { InvalidArgumentError, Option } from 'commander'

/** `--socket PATH`: an empty path, mostly a variable that is not set, is a wrong call and not the usual sockets. */
export function socketOption(description: string): Option {
  return new Option('-s, --socket <path>', description).argParser(path => {
    if (path === '') throw new InvalidArgumentError('It is empty.')
    return path
  })
}
