import { InvalidArgumentError, Option } from 'commander'
import { ruleFileKinds } from '../../rules/rule-file.js'

/** `--kind`, for a file whose content does not tell. */
export function kindOption(): Option {
  return new Option('-k, --kind <kind>', 'what the file holds (default: what its content says)').choices(ruleFileKinds)
}

/** A number that counts from 1. */
export function parseNumber(text: string): number {
  const number = Number(text)
  if (!/^\d{1,15}$/.test(text) || number < 1) throw new InvalidArgumentError('It is a number from 1 on.')
  return number
}

export function repeatable(flags: string, description: string, otherwise: string): Option {
  const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value]
  return new Option(flags, `${description} (repeatable)`).argParser(collect).default([], otherwise)
}
