// Names of the classes of known data sets, in the order of their labels.

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const digits: readonly string[] = [...'0123456789']
export const capitals: readonly string[] = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

export const fashion: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

/** EMNIST by class: digits, capitals, small letters. */
export const emnistByClass: readonly string[] = [...digits, ...capitals, ...'abcdefghijklmnopqrstuvwxyz']

/** EMNIST balanced and by merge: small letters that look like their capitals are counted with these. */
export const emnistMerged: readonly string[] = [...digits, ...capitals, ...'abdefghnqrt']

export const cifar10: readonly string[] = words('airplane automobile bird cat deer dog frog horse ship truck')

export const cifar100: readonly string[] = words(`
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar cattle
  chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house
  kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
  otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew
  skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout
  tulip turtle wardrobe whale willow_tree wolf woman worm
`)

/** CIFAR-100's 20 groups of classes, the coarse labels. */
export const cifar100Groups: readonly string[] = words(`
  aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture insects
  large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals
  non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2
`)

/** Of Flowers-17: images 80 k + 1 to 80 k + 80 are of class k. */
export const flowers17: readonly string[] = [
  'daffodil',
  'snowdrop',
  'lily of the valley',
  'bluebell',
  'crocus',
  'iris',
  'tiger lily',
  'tulip',
  'fritillary',
  'sunflower',
  'daisy',
  "colt's foot",
  'dandelion',
  'cowslip',
  'buttercup',
  'windflower',
  'pansy',
]
