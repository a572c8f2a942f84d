// Activations: functions of a tensor, element by element or along an axis.

import type { Tensor } from '../tensor/tensor.ts'

/** `max(x, 0)`; its derivative at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return x.relu()
}

/** `max(x, slope x)`, with a small slope (default 0.01) that lets gradients through below 0. Maas et al. 2013. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return x.greater(0).select(x, x.multiply(slope))
}

/** `min(max(x, 0), 6)`, whose range suits arithmetic of few bits; its derivative at 0 and at 6 is 0. Krizhevsky 2010. */
export function relu6(x: Tensor): Tensor {
  const y = x.relu()
  return y.greaterEqual(6).select(6, y)
}

/** `x sigmoid(x)`, also called swish. Hendrycks and Gimpel 2016, Ramachandran et al. 2017. */
export function silu(x: Tensor): Tensor {
  return x.multiply(x.sigmoid())
}

/** `1 / (1 + exp(-x))`, stable for any finite x. */
export function sigmoid(x: Tensor): Tensor {
  return x.sigmoid()
}

/** The hyperbolic tangent, `2 sigmoid(2x) - 1`. */
export function tanh(x: Tensor): Tensor {
  return x.tanh()
}

/** `x Phi(x)` with the normal distribution function Phi, by erf. Hendrycks and Gimpel 2016. */
export function gelu(x: Tensor): Tensor {
  return x.multiply(0.5).multiply(x.multiply(Math.SQRT1_2).erf().add(1))
}

/** GELU's approximation `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, which some published networks were trained with. */
export function geluTanh(x: Tensor): Tensor {
  const inner = x
    .power(3)
    .multiply(0.044715)
    .add(x)
    .multiply(Math.sqrt(2 / Math.PI))
  return x.multiply(0.5).multiply(inner.tanh().add(1))
}

/** `x` less its maximum along `axis`: no exp of it overflows. The shift cancels, so no gradient needs to flow through it. */
function shifted(x: Tensor, axis: number): Tensor {
  return x.subtract(x.max(axis, { keep: true }).stopGradient())
}

/** `exp(x) / sum(exp(x))` along `axis` (default: the last); rows sum to 1 for any finite x. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const exponentials = shifted(x, axis).exp()
  return exponentials.divide(exponentials.sum(axis, { keep: true }))
}

/** `x - log(sum(exp(x)))` along `axis` (default: the last): the logarithm of softmax without its underflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const centred = shifted(x, axis)
  return centred.subtract(centred.exp().sum(axis, { keep: true }).log())
}
