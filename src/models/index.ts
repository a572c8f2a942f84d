// ocellus/models: networks that are ready to train.

export { type ActivationName, activationNames, CharacterMlp, type CharacterMlpOptions } from './character-mlp.ts'
