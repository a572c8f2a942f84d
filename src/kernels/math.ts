// The elementary functions as macros over a loop program: each emits the same straight line of operations for every target,
// with one set of coefficients for f32 and one for f64, so results are the same bits wherever multiply-add is fused.
// Errors are stated in ulp, units in the last place of the exact result: the largest found, fused (unfused in brackets).

export { erf } from './math/erf.ts'
export { exp, sigmoid, tanh } from './math/exponential.ts'
export { log } from './math/logarithm.ts'
export { power } from './math/power.ts'
export { cos, sin } from './math/trigonometric.ts'
