// `ocellus train --model` on a few drawn digits and pictures: files, going on after Ctrl-C, fine-tuning, refusals.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { Random } from '../../../src/core/random.ts'
import { writeIdx } from '../../../src/data/formats/idx.ts'
import { readSafetensors } from '../../../src/io/safetensors.ts'
import { type Finished, ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()
const environment = { OCELLUS_DATA: join(folder, 'data') }
const random = new Random(11)
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)))
const contents = (path: string): string => readFileSync(join(folder, path), 'utf8')

/** 28x28: digit k is a bright bar in column 2 + 2.5 k, on a little noise. */
function drawnDigit(digit: number): Uint8Array {
  const pixels = Uint8Array.from({ length: 28 * 28 }, () => random.integer(40))
  const left = 2 + Math.floor(2.5 * digit)
  for (let row = 4; row < 24; row++)
    for (let column = left; column < left + 2; column++) pixels[28 * row + column] = 255
  return pixels
}

/** The files of MNIST with `count` digits of each class. */
function writeDigits(part: 'train' | 't10k', count: number): void {
  const labels = Uint8Array.from({ length: 10 * count }, (_, i) => i % 10)
  const images = new Uint8Array(labels.length * 784)
  for (const [i, label] of labels.entries()) images.set(drawnDigit(label), i * 784)
  const { length } = labels
  writeFileSync(
    join(folder, `data/mnist/${part}-images-idx3-ubyte`),
    writeIdx({ type: 'u8', shape: [length, 28, 28], data: images }),
  )
  writeFileSync(
    join(folder, `data/mnist/${part}-labels-idx1-ubyte`),
    writeIdx({ type: 'u8', shape: [length], data: labels }),
  )
}

/** Pictures of one colour and many sizes, a folder for each of three classes. */
async function writePhotographs(count: number): Promise<void> {
  const colours = { dark: 20, gray: 128, light: 235 }
  for (const [name, shade] of Object.entries(colours)) {
    mkdirSync(join(folder, 'photos', name), { recursive: true })
    for (let i = 0; i < count; i++) {
      const background = { r: shade - i, g: shade, b: shade + i }
      await sharp({ create: { width: 40 + i, height: 36 + 2 * i, channels: 3, background } })
        .png()
        .toFile(join(folder, 'photos', name, `${i}.png`))
    }
  }
}

function train(flags: readonly string[], interruptAt?: RegExp): Promise<Finished> {
  return ocellus(['train', ...flags], { folder, environment, ...(interruptAt === undefined ? {} : { interruptAt }) })
}

/** Runs the command within this process; it must reject. A data set called photos is the folder. */
async function within(flags: readonly string[]): Promise<void> {
  vi.stubEnv('OCELLUS_DATA', environment.OCELLUS_DATA)
  const places = flags.map((flag) => (flag === 'photos' ? join(folder, flag) : flag))
  await createProgram().parseAsync(['train', ...places, '--out', join(folder, 'refused')], { from: 'user' })
}

beforeAll(async () => {
  mkdirSync(join(folder, 'data/mnist'), { recursive: true })
  writeDigits('train', 20)
  writeDigits('t10k', 5)
  await writePhotographs(10)
})

const digits = ['--model', 'lenet5-28', '--data', 'mnist', '--batch', '30']

describe('a network by its name', () => {
  it('learns, and the result is recognised by evaluate, summary and classify', async () => {
    const flags = ['--optimizer', 'adam', '--rate', '0.005', '--epochs', '8', '--augment', 'crop:1', '--out', 'first']
    const { code, stdout, stderr } = await train([...digits, ...flags])
    expect(code, stderr).toBe(0)
    const [, right = ''] = stdout.match(/^test: (\d+\.\d\d) % of 50 images right, 95 % interval/) ?? []
    expect(Number(right)).toBeGreaterThan(90)
    expect(stderr).toContain('data:     mnist: 180 images for training, 20 for validation, 50 for the test')
    expect(stderr).toContain('changes:  crop:1')
    expect(stderr.match(/^epoch \d\/8 /gm)).toHaveLength(8)
    expect(stderr).not.toContain('\u001b')
    expect(readdirSync(join(folder, 'first')).sort()).toEqual([
      'best.safetensors',
      'checkpoint.safetensors',
      'curves.svg',
      'history.json',
      'network.safetensors',
      'report.html',
      'settings.json',
    ])
    expect(contents('first/report.html')).toMatch(/<h2>How it learned<\/h2>[\s\S]*<h2>Where it errs<\/h2>/)
    const [evaluated, summary] = await Promise.all([
      ocellus(['evaluate', 'first', '--data', 'mnist', '--json'], { folder, environment }),
      ocellus(['summary', 'first'], { folder }),
    ])
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ model: 'lenet5-28', classes: 10, data: { images: 50 } })
    expect((100 * JSON.parse(evaluated.stdout).accuracy).toFixed(2)).toBe(right)
    expect(summary.stdout).toMatch(
      /^first\/network\.safetensors: lenet5-28, 10 classes, for images of \[28, 28, 1\]\ntrained on mnist for 8 epochs, /,
    )
    const three = sharp(drawnDigit(3), { raw: { width: 28, height: 28, channels: 1 } })
    writeFileSync(join(folder, 'three.png'), await three.png().toBuffer())
    const classified = await ocellus(['classify', 'three.png', '--weights', 'first', '--json'], { folder })
    expect(JSON.parse(classified.stdout).top[0]).toMatchObject({ class: 3, label: '3' })
  })

  it('is trained with smoothed labels, its last weights are kept, and the test part is left alone where that is asked', async () => {
    const flags = ['--epochs', '3', '--rate', '0.02', '--seed', '3', '--no-test']
    const smooth = [...flags, '--label-smoothing', '0.3', '--keep', 'last', '--out', 'smooth']
    const [plain, smoothed] = await Promise.all([train([...digits, ...flags]), train([...digits, ...smooth])])
    expect(plain.code, plain.stderr).toBe(0)
    expect(smoothed.code, smoothed.stderr).toBe(0)
    expect(smoothed.stderr).toContain('50 for the test left alone')
    expect(smoothed.stdout).toMatch(
      /^last on validation: epoch 3 of 3, \d+\.\d\d % right\ntime: .+ for 3 epochs\nnetwork: /,
    )
    expect(plain.stdout).toMatch(/^best on validation: epoch \d of 3/)
    const settings = JSON.parse(contents('smooth/settings.json'))
    expect(settings).toMatchObject({ labelSmoothing: 0.3, keep: 'last' })
    expect(contents('smooth/report.html')).toContain('The weights of the last epoch are kept.')
    expect(contents('smooth/report.html')).not.toContain('test images right')
    // No network is right about smoothed labels with a loss below their entropy.
    const entropy = -(0.73 * Math.log(0.73) + 9 * 0.03 * Math.log(0.03))
    const [first] = JSON.parse(contents('smooth/history.json'))
    expect(first.train.loss).toBeGreaterThan(entropy)
    const last = readSafetensors(bytes('smooth/checkpoint.safetensors'))
    const kept = readSafetensors(bytes('smooth/network.safetensors'))
    const name = 'classifier.4.weight'
    expect(kept.tensors.get(name)?.data).toEqual(last.tensors.get(`model/${name}`)?.data)
  })

  it('an autoencoder learns to give its inputs back', async () => {
    const flags = ['--model', 'conv-autoencoder', '--data', 'mnist', '--optimizer', 'adam', '--epochs', '3']
    const { code, stdout, stderr } = await train([...flags, '--out', 'codes'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(
      /^test: loss 0\.\d+ on 50 images\nbest on validation: epoch 3 of 3, loss 0\.\d+\ntime: .+ for 3 epochs$/m,
    )
    const losses: number[] = JSON.parse(contents('codes/history.json')).map(
      ({ valid }: { valid: { loss: number } }) => valid.loss,
    )
    expect(losses[2]).toBeLessThan(losses[0] as number)
  })
})

describe('going on', () => {
  it('after Ctrl-C in either phase gives the same bits, with changes of the images and an average of the weights', async () => {
    const phases = ['--freeze', 'features', '--unfreeze-at', '15', '--epochs', '40', '--average', '0.9']
    const flags = [
      ...digits,
      ...phases,
      '--augment',
      'rotate,crop:2,mixup',
      '--warm-up',
      '1',
      '--rate',
      '0.01',
      '--out',
    ]
    const first = await train([...flags, 'stopped'], /^epoch +[3-9]\/15/m)
    expect([first.code, first.stdout]).toEqual([130, ''])
    expect(first.stderr).toMatch(/Stopped; ocellus train --resume --out stopped goes on from there\n$/)
    expect(existsSync(join(folder, 'stopped/network.safetensors'))).toBe(true)
    const second = await train(['--resume', '--out', 'stopped'], /^epoch +[3-9]\/25/m)
    expect(second.code).toBe(130)
    expect(second.stderr).toMatch(/going on from stopped\/frozen\/checkpoint\.safetensors: epoch/)
    const third = await train(['--resume', '--out', 'stopped'])
    expect(third.code, third.stderr).toBe(0)
    expect(third.stderr).toMatch(/going on from stopped\/checkpoint\.safetensors: epoch/)
    const whole = await train([...flags, 'whole'])
    expect(whole.code, whole.stderr).toBe(0)
    expect(bytes('stopped/network.safetensors')).toEqual(bytes('whole/network.safetensors'))
    expect(third.stdout.split('\n').slice(0, 2)).toEqual(whole.stdout.split('\n').slice(0, 2))
  }, 60_000)

  it('refuses other settings, and a folder without a training', async () => {
    const other = await train([...digits, '--rate', '0.3', '--out', 'first'])
    expect([other.code, other.stdout]).toEqual([1, ''])
    expect(other.stderr).toMatch(
      /^ocellus: first holds a training with --\w+ .*; give another --out, or delete the folder/,
    )
    const nothing = await train(['--resume', '--out', 'nowhere'])
    expect(nothing.stderr).toBe(
      'ocellus: nowhere holds no training to go on with; leave out --resume to begin one there\n',
    )
  })
})

describe('fine-tuning', () => {
  it('with a frozen backbone changes nothing but the head, which is new for other classes', async () => {
    const flags = ['--from', 'first', '--data', 'photos', '--freeze', 'backbone', '--epochs', '2', '--valid', '0.2']
    const { code, stdout, stderr } = await train([...flags, '--out', 'tuned'])
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(
      /^network: {2}lenet5-28, 3 classes; weights of .*, with a new head of 3 classes in place of 10$/m,
    )
    expect(stderr).toContain('data:     photos: 18 images for training, 6 for validation, 6 for the test')
    expect(stdout).toMatch(/^test: \d+\.\d\d % of 6 images right/)
    const before = readSafetensors(bytes('first/network.safetensors')).tensors
    const after = readSafetensors(bytes('tuned/network.safetensors')).tensors
    expect([...after.keys()]).toEqual([...before.keys()])
    const changed = [...after].filter(([name, { data }]) => String(data) !== String(before.get(name)?.data))
    expect(changed.map(([name]) => name).sort()).toEqual(['classifier.4.bias', 'classifier.4.weight'])
    expect(after.get('classifier.4.bias')?.shape).toEqual([3])
    const classified = await ocellus(['classify', 'photos/light/0.png', '--weights', 'tuned'], { folder })
    for (const name of ['dark', 'gray', 'light']) expect(classified.stdout).toContain(name)
  })

  it('takes photographs of any size, at a size of its own', async () => {
    const flags = ['--model', 'resnet20', '--data', 'photos', '--side', '24', '--augment', 'auto', '--limit', '12']
    const { code, stderr } = await train([...flags, '--epochs', '1', '--workers', '1', '--out', 'small'])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('images resized to 24x24')
    expect(stderr).toContain('changes:  crop:0.35 flip:0.5')
    const summary = await ocellus(['summary', 'small'], { folder })
    expect(summary.stdout).toMatch(/: resnet20, 3 classes, for images of \[24, 24, 3\]$/m)
  })
})

describe('what cannot work is one sentence', () => {
  it.each([
    [
      ['--model', 'resnet20', '--data', 'mnist'],
      /^resnet20 takes images of \[32, 32, 3\].*and these have 1 channel; such images are taken by .*lenet5/,
    ],
    [
      [...digits, '--augment', 'crop,blur'],
      /^--augment: there is no change called 'blur', the names are crop, flip, .* and auto$/,
    ],
    [[...digits, '--augment', 'crop:x'], /^--augment crop:x: the number of crop is pixels around .*, such as crop:4$/],
    [[...digits, '--side', '40'], /^lenet5-28 takes images of \[28, 28, 1\] only, so leave out --side; .*resnet20/],
    [[...digits, '--classes', '3'], /^mnist has 10 classes, so --classes 3 are too few; leave it out$/],
    [
      [...digits, '--freeze', 'tail'],
      /^freeze: there is no parameter or module called 'tail', the modules are features, classifier$/,
    ],
    [
      [...digits, '--unfreeze-at', '2'],
      /^--unfreeze-at says when what --freeze froze is trained, too; give --freeze backbone$/,
    ],
    [[...digits, '--step-every', '2'], /^--step-every belongs to --schedule step, not cosine; leave it out$/],
    [[...digits, '--distort'], /^--distort belongs to the character network; leave it out, or --model and --from$/],
    [['--augment', 'crop'], /^--augment belongs to a network of --model; give its name, such as --model lenet5$/],
    [['--no-test'], /^--no-test belongs to a network of --model; give its name, such as --model lenet5$/],
    [['--keep', 'last'], /^--keep belongs to a network of --model/],
    [
      ['--data', 'photos'],
      /^the character network takes characters, .*; for .*photos give .* with --model, as resnet20$/,
    ],
    [['--from', 'missing.pth', '--data', 'mnist'], /^there is no file missing\.pth$/],
  ] as const)('%j', async (flags, sentence) => {
    await expect(within([...flags, '--epochs', '3'])).rejects.toThrow(sentence)
    expect(existsSync(join(folder, 'refused/settings.json'))).toBe(false)
  })

  it.each([
    [['--model', 'vgg'], /argument 'vgg' is invalid: allowed choices are character-mlp, .*, mobilenet-v2;/],
    [
      ['--schedule', 'linear'],
      /allowed choices are constant, step, multi-step, exponential, cosine, one-cycle, plateau;/,
    ],
    [['--milestones', '5,3'], /it must be whole numbers above 0 with commas between them, ascending/],
    [['--valid', '0.7'], /it must be a number above 0 and below 0\.5;/],
  ] as const)('%j is a mistake of usage', async (flags, sentence) => {
    const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await expect(within(flags)).rejects.toMatchObject({ exitCode: 1, code: 'commander.invalidArgument' })
    expect(String(spy.mock.calls)).toMatch(sentence)
    spy.mockRestore()
  })
})
