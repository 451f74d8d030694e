"""The host's board: CPUs, sensors, power, memory controllers, firmware."""


def _below(root: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{root}/{name}": text + "\n" for name, text in files.items()}


def _cpu(number: int) -> dict[str, str]:
    root = f"sys/devices/system/cpu/cpu{number}"
    return _below(
        root,
        {
            "cpufreq/cpuinfo_min_freq": "800000",
            "cpufreq/cpuinfo_max_freq": "3900000",
            "cpufreq/scaling_cur_freq": f"{2100000 + number}",
            "cpufreq/cpuinfo_cur_freq": f"{2100003 + number}",
            "cpufreq/scaling_min_freq": "800000",
            "cpufreq/scaling_max_freq": "3700000",
            "cpufreq/scaling_governor": "powersave",
            "cpufreq/scaling_available_governors": "performance powersave",
            "cpufreq/scaling_driver": "intel_pstate",
            "cpufreq/scaling_setspeed": "<unsupported>",
            "cpufreq/related_cpus": str(number),
            "cpufreq/cpuinfo_transition_latency": "0",
            "thermal_throttle/core_throttle_count": str(5 + number),
            "thermal_throttle/package_throttle_count": "30",
            "topology/core_id": str(number),
            "topology/physical_package_id": "0",
        },
    )


FILES = {
    **_cpu(0),
    **_cpu(1),
    **_below(
        "sys/devices/system/cpu",
        {
            "isolated": "1",
            "online": "0-1",
            "offline": "",
            "cpufreq/policy0/scaling_cur_freq": "2100000",
        },
    ),
    **_below(
        "sys/devices/platform/coretemp.0/hwmon/hwmon0",
        {
            "name": "coretemp",
            "temp1_input": "42000",
            "temp1_max": "80000",
            "temp1_crit": "100000",
            "temp1_crit_alarm": "0",
            "temp1_label": "Package id 0",
            "temp2_input": "41000",
            "temp2_label": "Core 0",
        },
    ),
    **_below(
        "sys/devices/platform/nct6775.656/hwmon/hwmon1",
        {
            "name": "nct6776",
            "fan1_input": "1120",
            "fan1_min": "300",
            "fan1_alarm": "0",
            "in0_input": "1056",
            "in0_max": "1744",
            "pwm1": "92",
            "power1_average": "25400000",
            "energy1_input": "123456789",
            "curr1_input": "3500",
            "humidity1_input": "45000",
            "beep_enable": "1",
            "intrusion0_alarm": "0",
        },
    ),
    **_below(
        "sys/class/thermal/thermal_zone0",
        {"type": "x86_pkg_temp", "temp": "42000", "policy": "step_wise"},
    ),
    **_below(
        "sys/class/thermal/cooling_device0",
        {"type": "Processor", "cur_state": "0", "max_state": "3"},
    ),
    **_below(
        "sys/devices/system/edac/mc/mc0",
        {
            "ce_count": "1",
            "ce_noinfo_count": "2",
            "ue_count": "3",
            "ue_noinfo_count": "4",
            "csrow0/ce_count": "1",
            "csrow0/ue_count": "0",
            "csrow0/ch0_ce_count": "1",
            "csrow0/ch0_dimm_label": "CPU_SrcID#0_MC#0_Chan#0_DIMM#0",
        },
    ),
    **_below(
        "sys/class/power_supply/AC",
        {"type": "Mains", "online": "1"},
    ),
    **_below(
        "sys/class/power_supply/BAT0",
        {
            "type": "Battery",
            "capacity": "81",
            "capacity_level": "Normal",
            "cycle_count": "12",
            "energy_full": "50060000",
            "energy_now": "36580000",
            "manufacturer": "LGC",
            "model_name": "LNV-45N1",
            "power_now": "4830000",
            "present": "1",
            "serial_number": "38109",
            "status": "Discharging",
            "technology": "Li-ion",
            "voltage_now": "12229000",
        },
    ),
    **_below(
        "sys/class/dmi/id",
        {
            "bios_date": "04/12/2021",
            "bios_release": "2.2",
            "bios_vendor": "Dell Inc.",
            "bios_version": "2.2.4",
            "board_name": "07PXPY",
            "board_vendor": "Dell Inc.",
            "board_version": "A01",
            "chassis_vendor": "Dell Inc.",
            "chassis_version": "",
            "product_family": "PowerEdge",
            "product_name": "PowerEdge R6515",
            "product_sku": "SKU=NotProvided",
            "product_version": "",
            "sys_vendor": "Dell Inc.",
        },
    ),
    **_below(
        "sys/devices/system/clocksource/clocksource0",
        {"available_clocksource": "tsc hpet acpi_pm", "current_clocksource": "tsc"},
    ),
    **_below(
        "sys/class/powercap/intel-rapl:0",
        {"name": "package-0", "energy_uj": "240422366267", "max_energy_range_uj": "262143328850"},
    ),
    **_below(
        "sys/class/powercap/intel-rapl:0:0",
        {"name": "core", "energy_uj": "118821284256", "max_energy_range_uj": "262143328850"},
    ),
    **_below(
        "sys/class/powercap/intel-rapl:1:0",
        {"name": "core", "energy_uj": "118821284257", "max_energy_range_uj": "262143328850"},
    ),
    **_below(
        "sys/class/watchdog/watchdog0",
        {
            "bootstatus": "1",
            "fw_version": "2",
            "identity": "Software Watchdog",
            "nowayout": "0",
            "options": "0x8380",
            "pretimeout": "120",
            "pretimeout_governor": "noop",
            "state": "active",
            "status": "0x8000",
            "timeleft": "300",
            "timeout": "60",
        },
    ),
}
LINKS = {
    "sys/class/hwmon/hwmon0": "../../devices/platform/coretemp.0/hwmon/hwmon0",
    "sys/class/hwmon/hwmon1": "../../devices/platform/nct6775.656/hwmon/hwmon1",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/device": "../../../coretemp.0",
    "sys/devices/platform/nct6775.656/hwmon/hwmon1/device": "../../../nct6775.656",
}
