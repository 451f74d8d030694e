"""Sensors, batteries, disks' controllers, memory errors, frequencies: trees as sysfs shows them."""

from pathlib import Path

import pytest

from exporter.collectors import (
    bonding,
    cpufreq,
    edac,
    hwmon,
    nvme,
    powersupplyclass,
    thermal_zone,
)
from exporter.collectors.support.api import NoDataError, Read
from tests.exporter.collectors.fake import system, values

CHIP = "sys/class/hwmon/hwmon0"
SENSORS = {
    f"{CHIP}/name": "coretemp\n",
    f"{CHIP}/temp1_input": "55000\n",
    f"{CHIP}/temp1_crit_alarm": "0\n",
    f"{CHIP}/temp1_label": "Core 0\n",
    f"{CHIP}/temp2_fault": "1\n",
    f"{CHIP}/in0_input": "1250\n",
    f"{CHIP}/fan1_input": "900\n",
    f"{CHIP}/fan1_pulses": "2\n",
    f"{CHIP}/pwm1": "128\n",
    f"{CHIP}/pwm1_enable": "5\n",
    f"{CHIP}/power1_average": "45000000\n",
    f"{CHIP}/power1_average_interval": "1000\n",
    f"{CHIP}/energy1_input": "3000000\n",
    f"{CHIP}/curr1_input": "500\n",
    f"{CHIP}/humidity1_input": "450000\n",
    f"{CHIP}/freq1_input": "600000000\n",
    f"{CHIP}/freq1_label": "Shader Clock\n",
    f"{CHIP}/temp3_input": "no number\n",
    f"{CHIP}/update_interval": "2000\n",
    f"{CHIP}/uevent": "x\n",
}


def test_sensors_get_their_units(tmp_path: Path) -> None:
    found = values(hwmon.read(system(tmp_path, SENSORS)))
    assert found["node_hwmon_chip_names"] == {("coretemp", "coretemp"): 1}
    assert ("coretemp", "temp1", "Core 0") in found["node_hwmon_sensor_label"]
    expected = {
        ("temp_celsius", "temp1"): 55,
        ("temp_crit_alarm_celsius", "temp1"): 0,
        ("temp_fault", "temp2"): 1,
        ("in_volts", "in0"): 1.25,
        ("fan_rpm", "fan1"): 900,
        ("fan_pulses", "fan1"): 2,
        ("pwm", "pwm1"): 128,
        ("pwm_enable", "pwm1"): 5,
        ("power_average_watt", "power1"): 45,
        ("power_average_interval_seconds", "power1"): 1,
        ("energy_joule_total", "energy1"): 3,
        ("curr_amps", "curr1"): 0.5,
        ("humidity", "humidity1"): 0.45,
        ("freq_freq_mhz", "shader_clock"): 600,
        ("update_interval_seconds", "update_interval0"): 2,
    }
    for (name, sensor), value in expected.items():
        assert found[f"node_hwmon_{name}"]["coretemp", sensor] == pytest.approx(value), name
    assert ("coretemp", "temp3") not in found["node_hwmon_temp_celsius"]


def test_chips_are_named_by_their_device_and_stay_apart(tmp_path: Path) -> None:
    host = system(tmp_path, {f"sys/class/hwmon/hwmon{n}/name": "fan\n" for n in (0, 1)})
    device = tmp_path / "sys/devices/platform/asus-nb"
    device.mkdir(parents=True)
    for number in (0, 1):
        (tmp_path / f"sys/class/hwmon/hwmon{number}/device").symlink_to(device)
    folders = sorted((tmp_path / "sys/class/hwmon").iterdir())
    assert list(hwmon.chip_names(folders).values()) == [
        "platform_asus_nb_hwmon0",
        "platform_asus_nb_hwmon1",
    ]
    assert list(hwmon.chip_names(folders[:1]).values()) == ["platform_asus_nb"]
    host.close()


def test_sensors_can_be_left_out(tmp_path: Path) -> None:
    host = system(tmp_path, SENSORS, **{"hwmon.sensor-exclude": "^coretemp;(temp|fan)"})
    assert "node_hwmon_temp_celsius" not in values(hwmon.read(host))
    host = system(tmp_path, **{"hwmon.chip-exclude": "core"})
    assert values(hwmon.read(host)) == {}


def test_thermal_zones_and_coolers(tmp_path: Path) -> None:
    root = "sys/class/thermal"
    files = {
        f"{root}/thermal_zone0/temp": "48500\n",
        f"{root}/thermal_zone0/type": "cpu\n",
        f"{root}/thermal_zone1/type": "asleep\n",
        f"{root}/cooling_device2/type": "Processor\n",
        f"{root}/cooling_device2/cur_state": "0\n",
        f"{root}/cooling_device2/max_state": "3\n",
    }
    found = values(thermal_zone.read(system(tmp_path, files)))
    assert found["node_thermal_zone_temp"] == {("0", "cpu"): 48.5}
    assert found["node_cooling_device_cur_state"] == {("2", "Processor"): 0}
    assert found["node_cooling_device_max_state"] == {("2", "Processor"): 3}


def test_a_battery(tmp_path: Path) -> None:
    root = "sys/class/power_supply"
    files = {
        f"{root}/BAT0/capacity": "81\n",
        f"{root}/BAT0/energy_now": "36580000\n",
        f"{root}/BAT0/temp": "305\n",
        f"{root}/BAT0/status": "Discharging\n",
        f"{root}/AC/online": "0\n",
        f"{root}/IGNORED/online": "1\n",
    }
    host = system(tmp_path, files, **{"powersupply.ignored-supplies": "^IGN"})
    found = values(powersupplyclass.read(host))
    assert found["node_power_supply_capacity"] == {("BAT0",): 81}
    assert found["node_power_supply_energy_watthour"][("BAT0",)] == pytest.approx(36.58)
    assert found["node_power_supply_temp_celsius"][("BAT0",)] == pytest.approx(30.5)
    assert found["node_power_supply_online"] == {("AC",): 0}
    status = powersupplyclass.LABELS.index("status")
    assert {labels[0]: labels[status] for labels in found["node_power_supply_info"]} == {
        "AC": "",
        "BAT0": "Discharging",
    }


def test_an_nvme_disk_with_blocks_of_4_kib(tmp_path: Path) -> None:
    device = "sys/class/nvme/nvme0"
    files = {
        f"{device}/model": "Fast\n",
        f"{device}/nvme0n1/size": "3907029168\n",
        f"{device}/nvme0n1/nuse": "1000\n",
        f"{device}/nvme0n1/queue/logical_block_size": "4096\n",
    }
    found = values(nvme.read(system(tmp_path, files)))
    assert found["node_nvme_info"] == {("nvme0", "", "Fast", "", "", ""): 1}
    assert found["node_nvme_namespace_size_bytes"] == {("nvme0", "1"): 3907029168 * 512}
    assert found["node_nvme_namespace_used_bytes"] == {("nvme0", "1"): 4_096_000}


def test_memory_errors_by_controller_row_and_channel(tmp_path: Path) -> None:
    root = "sys/devices/system/edac/mc/mc0"
    files = {
        f"{root}/ce_count": "1",
        f"{root}/ue_count": "5",
        f"{root}/ce_noinfo_count": "2",
        f"{root}/ue_noinfo_count": "6",
        f"{root}/csrow0/ce_count": "3",
        f"{root}/csrow0/ue_count": "4",
        f"{root}/csrow0/ch0_ce_count": "7",
        f"{root}/csrow0/ch0_dimm_label": "CPU_SrcID#0_Ha#0_Chan#1_DIMM#1\n",
    }
    found = values(edac.read(system(tmp_path, files)))
    assert found["node_edac_correctable_errors_total"] == {("0",): 1}
    assert found["node_edac_csrow_uncorrectable_errors_total"] == {
        ("0", "unknown"): 6,
        ("0", "0"): 4,
    }
    label = "CPU_SrcID0_Ha0_Chan1_DIMM1"
    assert found["node_edac_channel_correctable_errors_total"] == {("0", "0", "0", label): 7}


def test_bonds_count_slaves_whose_link_is_up(tmp_path: Path) -> None:
    root = "sys/class/net"
    files = {
        f"{root}/bonding_masters": "bond0\n",
        f"{root}/bond0/bonding/slaves": "eth0 eth1\n",
        f"{root}/bond0/lower_eth0/bonding_slave/mii_status": "up\n",
        f"{root}/bond0/slave_eth1/bonding_slave/mii_status": "down\n",
    }
    assert values(bonding.read(system(tmp_path, files))) == {
        "node_bonding_slaves": {("bond0",): 2},
        "node_bonding_active": {("bond0",): 1},
    }


def test_frequencies_in_hertz_and_the_governor(tmp_path: Path) -> None:
    root = "sys/devices/system/cpu/cpu0/cpufreq"
    files = {
        f"{root}/scaling_cur_freq": "1699981\n",
        f"{root}/cpuinfo_cur_freq": "<unknown>\n",
        f"{root}/scaling_governor": "powersave\n",
        f"{root}/scaling_available_governors": "performance powersave\n",
    }
    found = values(cpufreq.read(system(tmp_path, files)))
    assert found == {
        "node_cpu_scaling_frequency_hertz": {("0",): 1_699_981_000},
        "node_cpu_scaling_governor": {("0", "performance"): 0, ("0", "powersave"): 1},
    }


@pytest.mark.parametrize(
    "read", [hwmon.read, thermal_zone.read, powersupplyclass.read, nvme.read, bonding.read]
)
def test_hardware_that_is_not_there_is_no_data(tmp_path: Path, read: Read) -> None:
    with pytest.raises(NoDataError):
        list(read(system(tmp_path)))
