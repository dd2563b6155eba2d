export type { EditableFile, LoadedRuleFile, RuleFileKind, RuleFiles, RuleFilesOptions } from './rule-files.js'
