// The worker of the page: trains with as many threads as the message says, and answers with what came out.

import { trainNetwork } from './train-network.ts'

addEventListener('message', ({ data }: MessageEvent<number>) => {
  trainNetwork(data).then(
    (trained) => postMessage({ trained }),
    (error: unknown) => postMessage({ error: String(error) }),
  )
})
