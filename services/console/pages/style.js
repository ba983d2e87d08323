// How faces are drawn. Programs that draw without a browser read this file too: what stands between the first `=` and
// the last `;` is JSON. Colours are #rrggbb or #rrggbbaa; curves are lines of the 68 points (iBUG): first, last, closed.
export const STYLE = {
  "colours": {
    "looking": "#ffb35c",
    "here": "#7ea2ff",
    "aside": "#a3a8b8",
    "known": "#58d6a0",
    "response": "#ff8fc7",
    "ground": "#0b0d13",
    "ink": "#f2f0ea",
    "label": "#0b0d13d1",
    "curve": "#f2f0ea73",
    "axes": ["#ff6b6b", "#58d6a0", "#7ea2ff"]
  },
  "curves": [
    [0, 16, false], [17, 21, false], [22, 26, false], [27, 30, false], [31, 35, false],
    [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true]
  ],
  "box_width": 2,
  "corner": 10,
  "dash": 5,
  "least_dot": 0.7,
  "most_dot": 2,
  "face_widths_per_dot": 90,
  "gaze_width": 2.5,
  "least_gaze": 18,
  "response_width": 4,
  "response_gap": 6,
  "least_response": 0.02,
  "label_size": 12,
  "label_height": 19,
  "label_gap": 7,
  "labelled_height": 26
};
