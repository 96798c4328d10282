#!/usr/bin/env bash
# Evaluates eight real series: bash examples/real_series.sh DATA [--split reference] ...
# DATA holds the public series as Parquet. Further arguments are passed to each `fleet evaluate`.
set -euo pipefail
data=${1:?name the folder that holds the data}
shift
fleet=${FLEET:-fleet}

"$fleet" evaluate --telemetry "$data/weather/isd_us-az-phoenix_2017-2018.parquet" --region phoenix --target temp_c "$@"
"$fleet" evaluate --telemetry "$data/weather/isd_us-wy-cheyenne_2017-2018.parquet" --region cheyenne --target temp_c "$@"
"$fleet" evaluate --telemetry "$data/weather/metie_ie-dublin-phoenix-park_2007-2014.parquet" --region dublin --target temp_c "$@"
"$fleet" evaluate --telemetry "$data/carbon/em_us-cal-ciso_2021-2023.parquet" --region ciso --target ci_direct_gco2eq_per_kwh "$@"
"$fleet" evaluate --telemetry "$data/carbon/em_us-tex-erco_2021-2023.parquet" --region erco --target ci_direct_gco2eq_per_kwh "$@"
"$fleet" evaluate --telemetry "$data/carbon/eirgrid_ie_2014-2016.parquet" --telemetry "$data/carbon/eirgrid_ie_2018-2021.parquet" \
    --region ireland --target co2_intensity_g_per_kwh "$@"
"$fleet" evaluate --telemetry "$data/grid/tep_us-az-tucson_2023-2024h1.parquet" --region tucson --target demand_mwh "$@"
"$fleet" evaluate --telemetry "$data/workload/gpu_cbsugpu08_to-2024.parquet" --region gpu08 --target gpu_power_w_mean "$@"
