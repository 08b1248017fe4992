"""The schedule and DDIM against their closed forms."""

import pytest
import torch

from intersyn.diffusion import CosineSchedule


def test_alphas_cumprod_fall_from_one_to_nothing():
    alpha_bar = CosineSchedule().alphas_cumprod
    assert alpha_bar.shape == (1000,)
    assert (alpha_bar.diff() < 0).all()
    assert alpha_bar[0] > 0.999 and alpha_bar[-1] < 1e-4


def test_q_sample_has_the_variance_of_the_schedule():
    schedule, generator = CosineSchedule(), torch.Generator().manual_seed(0)
    noise = torch.randn(3, 20_000, generator=generator)
    x0 = torch.full_like(noise, 2.0)
    t = torch.tensor([10, 500, 990])
    x_t = schedule.q_sample(x0, t, noise)
    alpha_bar = schedule.alphas_cumprod[t]
    assert torch.allclose(x_t.mean(1), 2 * alpha_bar.sqrt(), atol=0.03)
    assert torch.allclose(x_t.var(1), 1 - alpha_bar, atol=0.03)


@pytest.mark.parametrize("steps", [1, 2, 16, 1000])
def test_ddim_with_a_perfect_model_returns_its_x0(steps):
    schedule = CosineSchedule()
    x0 = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))
    noise = torch.randn(2, 5, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(schedule.ddim_sample(lambda x, t: x0, noise, steps), x0)


def test_ddim_step_keeps_the_noise_that_made_x_t():
    schedule = CosineSchedule()
    x0, noise = torch.randn(1, 8), torch.randn(1, 8)
    x_t = schedule.q_sample(x0, torch.tensor([600]), noise)
    expected = schedule.q_sample(x0, torch.tensor([300]), noise)
    assert torch.allclose(schedule.ddim_step(x_t, x0, 600, 300), expected, atol=1e-5)


def test_timesteps_start_at_noise_end_at_zero_and_reject_nonsense():
    schedule = CosineSchedule()
    steps = schedule.ddim_timesteps(16)
    assert steps[0] == 999 and steps[-1] == 0 and len(steps) == 16
    assert steps == sorted(set(steps), reverse=True)
    assert schedule.ddim_timesteps(1000) == list(range(999, -1, -1))
    for bad in (0, 1001):
        with pytest.raises(ValueError, match="steps must be"):
            schedule.ddim_timesteps(bad)
