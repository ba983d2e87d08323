// Proof of display: for how long the browser drew a creative, as far as a page can know.
//
// A frame that the browser presents proves the time since the one before. Frames stop when the page is hidden, when
// the machine hangs, and, of a video, when it stalls. Nobody in here sees whether the monitor is on, or what a
// creative of HTML draws in its own frame.

const LONGEST_GAP_MS = 1_000; // chosen, not measured: no machine at work draws less often
const PAUSE_MS = 250; // chosen, not measured: a weak machine draws four frames a second for this, not sixty

let lock = null;

// Lasts until the page is hidden. Browsers allow it over TLS, or on this machine.
export async function stayAwake() {
  try {
    lock = await navigator.wakeLock?.request('screen');
  } catch (error) {
    console.warn(`the screen may go dark: ${error.message}`);
  }
}

// A lock that the browser took back leaves the screen to the machine's power saving.
const screenIsOn = () => document.visibilityState === 'visible' && !lock?.released;

export class Proof {
  constructor(element) {
    this.element = element;
    this.provenMs = 0;
    this.lastMs = performance.now();
    this.timer = 0;
    this.drawn = false;
    this.over = false;
    this.wait();
  }

  wait() {
    const presented = () => {
      if (this.over) return;
      this.drawn = true;
      this.count();
      this.timer = setTimeout(() => this.wait(), PAUSE_MS);
    };
    if (this.element instanceof HTMLVideoElement) this.element.requestVideoFrameCallback?.(presented);
    else requestAnimationFrame(presented);
  }

  count() {
    const nowMs = performance.now();
    const gapMs = nowMs - this.lastMs;
    this.lastMs = nowMs;
    if (gapMs <= LONGEST_GAP_MS && screenIsOn()) this.provenMs += gapMs;
  }

  // Returns the proven time in milliseconds.
  end() {
    this.count();
    this.over = true;
    clearTimeout(this.timer);
    return this.drawn ? this.provenMs : 0;
  }
}
