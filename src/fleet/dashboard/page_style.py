"""The styles that the pages add to Streamlit's own. Colours come from the theme, so that light and dark both work."""

STYLE = """
[data-testid="stHeader"] {height: 2.4rem; min-height: 2.4rem; background: transparent; pointer-events: none;}
[data-testid="stHeader"] * {pointer-events: none;}
[data-testid="stHeader"] button, [data-testid="stHeader"] button * {pointer-events: auto;}
.block-container {padding-top: 1.2rem; padding-bottom: 1.5rem; max-width: 1400px;}
[data-testid="stVerticalBlock"] {gap: 0.8rem;}
h1 {font-size: 1.65rem !important; padding: 0.2rem 0 !important;}
h2 {font-size: 1.25rem !important; padding: 0.4rem 0 0.2rem !important;}
h3 {font-size: 1.1rem !important; padding: 0 !important;}
[data-testid="stMetricValue"] {font-size: 1.5rem;}
[data-testid="stMetricLabel"] p {white-space: normal; overflow: visible; line-height: 1.25;}
[data-testid="stBaseButton-tertiary"] p {text-decoration: underline;}
.st-key-navigation {border-bottom: 1px solid rgba(127, 140, 150, 0.4); padding: 0 3rem 0.4rem 0;}
.st-key-navigation button {border: none; border-radius: 6px;}
.st-key-navigation button[kind$="Active"] {font-weight: 700; border-bottom: 3px solid #0072b2;}
/* On a phone, a chart keeps a width at which its labels fit, and a finger scrolls it instead of zooming. */
@media (max-width: 640px) {
  [data-testid="stElementContainer"]:has([data-testid="stPlotlyChart"]) {overflow-x: auto;}
  [data-testid="stFullScreenFrame"]:has([data-testid="stPlotlyChart"]) {min-width: 50rem;}
}
@media (max-width: 640px) and (pointer: coarse) {
  .js-plotly-plot .draglayer *, .js-plotly-plot .geolayer * {pointer-events: none !important;}
}
:focus-visible {outline: 3px solid #0072b2 !important; outline-offset: 1px;}
"""
