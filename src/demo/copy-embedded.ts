/** Run by the build, after the compiler. */
import { copyEmbedded } from './embedded.ts';

copyEmbedded();
