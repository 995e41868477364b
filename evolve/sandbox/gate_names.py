"""Attribute names that a program may use: public numerics, nothing that reaches beyond it.

Taken from the public names of numpy, scipy, math and the like, without those that read or write
files, evaluate strings, hand out raw memory, reach other modules or carry hooks. One list for all
objects: an attribute is judged by its name alone.
"""

from __future__ import annotations

from typing import Final

_TEXT: Final = """
    Chebyshev Legendre Polynomial fft fit_law fitting integrate interpolate linalg optimize
    polynomial random special stats
    add append as_integer_ratio bit_count bit_length capitalize casefold center clear conjugate
    copy count denominator difference difference_update discard endswith expandtabs extend find
    fromkeys get imag index insert intersection intersection_update is_integer isalnum isalpha
    isascii isdecimal isdigit isdisjoint isidentifier islower isnumeric isprintable isspace
    issubset issuperset istitle isupper items join keys ljust lower lstrip numerator partition
    pop popitem real remove removeprefix removesuffix replace reverse rfind rindex rjust
    rpartition rsplit rstrip setdefault sort split splitlines startswith strip swapcase
    symmetric_difference symmetric_difference_update title union update upper values zfill
    T accumulate all any argmax argmin argpartition argsort astype at bits byteorder choose
    clip compress conj cumprod cumsum device diagonal dot dtype eps epsneg fill flags flat
    flatten identity iexp isbuiltin isnative item itemsize key kind mT machep max maxexp mean
    min minexp name nargs nbytes ndim negep nexp nin nmant nonzero nout ntypes num outer
    precision prod put ravel reduce reduceat repeat reshape resolution resolve_dtypes round
    searchsorted shape signature size smallest_normal smallest_subnormal squeeze std str sum
    swapaxes take tiny to_device tolist trace transpose type types var
    False_ True_ abs absolute acos acosh allclose amax amin angle apply_along_axis
    apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argwhere around
    array array_equal array_equiv array_split asanyarray asarray asarray_chkfinite
    ascontiguousarray asfortranarray asin asinh atan atan2 atanh atleast_1d atleast_2d
    atleast_3d average bartlett base_repr binary_repr bincount bitwise_and bitwise_count
    bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
    blackman block bool bool_ broadcast_arrays broadcast_shapes broadcast_to byte c_ can_cast
    cbrt cdouble ceil character clongdouble column_stack common_type complex128 complex256
    complex64 complexfloating concat concatenate convolve copysign copyto corrcoef correlate
    cos cosh count_nonzero cov cross csingle cumtrapz cumulative_prod cumulative_sum deg2rad
    degrees delete diag diag_indices diag_indices_from diagflat diff digitize divide divmod
    double dsplit dstack e ediff1d einsum einsum_path empty empty_like equal errstate
    euler_gamma exp exp2 expand_dims expm1 extract eye fabs fill_diagonal finfo fix flatnonzero
    flexible flip fliplr flipud float128 float16 float32 float64 float_power floating floor
    floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp
    fromfunction fromiter frompyfunc full full_like gcd generic geomspace geterr gradient
    greater greater_equal half hamming hanning heaviside histogram histogram2d
    histogram_bin_edges histogramdd hsplit hstack hypot i0 iinfo in1d index_exp indices inexact
    inf inner int16 int32 int64 int8 int_ intc integer interp intersect1d intp invert isclose
    iscomplex iscomplexobj isdtype isfinite isfortran isin isinf isnan isnat isneginf isposinf
    isreal isrealobj isscalar issubdtype iterable ix_ kaiser kron lcm ldexp left_shift less
    less_equal lexsort linspace little_endian log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor logspace long longdouble longlong
    mask_indices matmul matrix_transpose matvec maximum median meshgrid mgrid min_scalar_type
    minimum mintypecode mod modf moveaxis multiply nan nan_to_num nanargmax nanargmin
    nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile
    nanstd nansum nanvar ndarray ndenumerate ndindex negative newaxis nextafter not_equal
    number ogrid ones ones_like packbits pad percentile permute_dims pi piecewise place poly
    poly1d polyadd polyder polydiv polyfit polyint polymul polysub polyval positive pow power
    promote_types ptp put_along_axis putmask quantile r_ rad2deg radians ravel_multi_index
    real_if_close reciprocal remainder require result_type right_shift rint roll rollaxis roots
    rot90 row_stack s_ select setdiff1d seterr setxor1d short sign signbit signedinteger simps
    sin sinc single sinh sort_complex spacing sqrt square stack subtract take_along_axis tan
    tanh tensordot tile trapezoid trapz tri tril tril_indices tril_indices_from trim_zeros triu
    triu_indices triu_indices_from true_divide trunc typecodes typename ubyte ufunc uint uint16
    uint32 uint64 uint8 uintc uintp ulong ulonglong union1d unique unique_all unique_counts
    unique_inverse unique_values unpackbits unravel_index unsignedinteger unstack unwrap ushort
    vander vdot vecdot vecmat vectorize vsplit vstack where zeros zeros_like
    LinAlgError cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power
    matrix_rank multi_dot norm pinv qr slogdet solve svd svdvals tensorinv tensorsolve
    vector_norm
    Generator RandomState beta binomial bytes chisquare choice default_rng dirichlet
    exponential f gamma geometric gumbel hypergeometric laplace logistic lognormal logseries
    multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal
    pareto permutation poisson rand randint randn random_integers random_sample ranf rayleigh
    sample seed shuffle standard_cauchy standard_exponential standard_gamma standard_normal
    standard_t triangular uniform vonmises wald weibull zipf
    integers multivariate_hypergeometric permuted tomaxint
    fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft
    rfft2 rfftfreq rfftn
    Hermite HermiteE Laguerre
    basis basis_name cast convert cutdeg degree deriv domain fit fromroots has_samecoef
    has_samedomain has_sametype has_samewindow integ mapparms maxpower symbol trim truncate
    window
    comb erf erfc factorial fsum isqrt lgamma perm tau ulp
    chain combinations combinations_with_replacement cycle dropwhile filterfalse groupby islice
    pairwise permutations product starmap takewhile tee zip_longest
    Any Callable ChainMap Counter Dict Final Iterable Iterator List Literal Mapping Optional
    OrderedDict Sequence Set Tuple TypeVar Union appendleft cache catch_warnings cmp_to_key
    defaultdict deque elements extendleft filterwarnings lru_cache most_common partial popleft
    rotate simplefilter warn wraps
    BFGS Bounds BroydenFirst HessianUpdateStrategy InverseJacobian KrylovJacobian
    LbfgsInvHessProduct LinearConstraint NoConvergence NonlinearConstraint OptimizeResult
    OptimizeWarning RootResults SR1 anderson approx_fprime basinhopping bisect bracket brent
    brenth brentq broyden1 broyden2 brute check_grad curve_fit diagbroyden
    differential_evolution direct dual_annealing excitingmixing fixed_point fmin_bfgs fmin_cg
    fmin_cobyla fmin_l_bfgs_b fmin_ncg fmin_powell fmin_slsqp fmin_tnc fminbound fsolve golden
    isotonic_regression least_squares leastsq line_search linear_sum_assignment linearmixing
    linprog linprog_verbose_callback lsq_linear milp minimize minimize_scalar newton
    newton_krylov nnls quadratic_assignment ridder root root_scalar rosen rosen_der rosen_hess
    rosen_hess_prod shgo toms748
    active_mask constr_violation converged cost direc final_simplex fun function_calls grad
    hess hess_inv ier intercept intercept_stderr iterations jac lagrangian_grad
    lowest_optimization_result maxcv mesg message nfev nhev nit njev nlev optimality population
    population_energies pvalue residual rvalue slope sol statistic status stderr success t
    t_events x y y_events
    SpecialFunctionError SpecialFunctionWarning agm ai_zeros airy airye assoc_laguerre
    assoc_legendre_p assoc_legendre_p_all bdtr bdtrc bdtri bdtrik bdtrin bei bei_zeros beip
    beip_zeros ber ber_zeros bernoulli berp berp_zeros besselpoly betainc betaincc betainccinv
    betaincinv betaln bi_zeros binom boxcox boxcox1p btdtria btdtrib c_roots cg_roots chdtr
    chdtrc chdtri chdtriv chebyc chebys chebyt chebyu chndtr chndtridf chndtrinc chndtrix cosdg
    cosm1 cotdg dawsn digamma diric ellip_harm ellip_harm_2 ellip_normal ellipe ellipeinc
    ellipj ellipk ellipkinc ellipkm1 elliprc elliprd elliprf elliprg elliprj entr erf_zeros
    erfcinv erfcx erfi erfinv euler eval_chebyc eval_chebys eval_chebyt eval_chebyu
    eval_gegenbauer eval_genlaguerre eval_hermite eval_hermitenorm eval_jacobi eval_laguerre
    eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_jacobi eval_sh_legendre exp1 exp10 expi
    expit expn exprel factorial2 factorialk fdtr fdtrc fdtri fdtridfd fresnel fresnel_zeros
    fresnelc_zeros fresnels_zeros gammainc gammaincc gammainccinv gammaincinv gammaln gammasgn
    gdtr gdtrc gdtria gdtrib gdtrix gegenbauer genlaguerre h1vp h2vp h_roots hankel1 hankel1e
    hankel2 hankel2e he_roots hermite hermitenorm huber hyp0f1 hyp1f1 hyp2f1 hyperu i0e i1 i1e
    inv_boxcox inv_boxcox1p it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0 itmodstruve0
    itstruve0 iv ive ivp j0 j1 j_roots jacobi jn jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros
    js_roots jv jve jvp k0 k0e k1 k1e kei kei_zeros keip keip_zeros kelvin kelvin_zeros ker
    ker_zeros kerp kerp_zeros kl_div kn kolmogi kolmogorov kv kve kvp l_roots la_roots laguerre
    lambertw legendre legendre_p legendre_p_all lmbda log_expit log_ndtr log_softmax
    log_wright_bessel loggamma logit logsumexp lpmv lqmn lqn mathieu_a mathieu_b mathieu_cem
    mathieu_even_coef mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 mathieu_modsem2
    mathieu_odd_coef mathieu_sem modfresnelm modfresnelp modstruve multigammaln nbdtr nbdtrc
    nbdtri nbdtrik nbdtrin ncfdtr ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtr nctdtridf
    nctdtrinc nctdtrit ndtr ndtri ndtri_exp nrdtrimn nrdtrisd obl_ang1 obl_ang1_cv obl_cv
    obl_cv_seq obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv owens_t p_roots pbdn_seq pbdv pbdv_seq
    pbvv pbvv_seq pbwa pdtr pdtrc pdtri pdtrik poch polygamma powm1 pro_ang1 pro_ang1_cv pro_cv
    pro_cv_seq pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv ps_roots pseudo_huber psi radian
    rel_entr rgamma riccati_jn riccati_yn roots_chebyc roots_chebys roots_chebyt roots_chebyu
    roots_gegenbauer roots_genlaguerre roots_hermite roots_hermitenorm roots_jacobi
    roots_laguerre roots_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi
    roots_sh_legendre s_roots sh_chebyt sh_chebyu sh_jacobi sh_legendre shichi sici sindg
    smirnov smirnovi softmax softplus spence sph_harm_y sph_harm_y_all sph_legendre_p
    sph_legendre_p_all spherical_in spherical_jn spherical_kn spherical_yn stdtr stdtridf
    stdtrit stirling2 struve t_roots tandg tklmbda ts_roots u_roots us_roots voigt_profile wofz
    wright_bessel wrightomega xlog1py xlogy y0 y0_zeros y1 y1_zeros y1p_zeros yn yn_zeros
    ynp_zeros yv yve yvp zeta zetac
    LinAlgWarning bandwidth block_diag cdf2rdf cho_factor cho_solve cho_solve_banded
    cholesky_banded circulant clarkson_woodruff_transform companion convolution_matrix coshm
    cosm cossin dft diagsvd eig_banded eigh_tridiagonal eigvals_banded eigvalsh_tridiagonal
    expm expm_cond expm_frechet fiedler fiedler_companion fractional_matrix_power funm hadamard
    hankel helmert hessenberg hilbert invhilbert invpascal ishermitian issymmetric khatri_rao
    ldl leslie logm lu lu_factor lu_solve matmul_toeplitz matrix_balance null_space ordqz orth
    orthogonal_procrustes pascal pinvh polar qr_delete qr_insert qr_multiply qr_update qz rq
    rsf2csf schur signm sinhm sinm solve_banded solve_circulant solve_continuous_are
    solve_continuous_lyapunov solve_discrete_are solve_discrete_lyapunov solve_lyapunov
    solve_sylvester solve_toeplitz solve_triangular solveh_banded sqrtm subspace_angles tanhm
    tanm toeplitz
    AAA Akima1DInterpolator BPoly BSpline BarycentricInterpolator BivariateSpline
    CloughTocher2DInterpolator CubicHermiteSpline CubicSpline FloaterHormannInterpolator
    InterpolatedUnivariateSpline KroghInterpolator LSQBivariateSpline LSQSphereBivariateSpline
    LSQUnivariateSpline LinearNDInterpolator NdBSpline NdPPoly NearestNDInterpolator PPoly
    PchipInterpolator RBFInterpolator Rbf RectBivariateSpline RectSphereBivariateSpline
    RegularGridInterpolator SmoothBivariateSpline SmoothSphereBivariateSpline UnivariateSpline
    approximate_taylor_polynomial barycentric_interpolate bisplev bisplrep generate_knots
    griddata interp1d interp2d interpn krogh_interpolate lagrange make_interp_spline
    make_lsq_spline make_smoothing_spline make_splprep make_splrep pade pchip_interpolate
    spalde splantider splder splev splint splprep splrep sproot
    antiderivative axis basis_element c derivative derivatives design_matrix extrapolate
    from_bernstein_basis from_power_basis from_spline get_coeffs get_knots get_residual
    insert_knot integral set_smoothing_factor tck
    BDF DOP853 DenseOutput IntegrationWarning LSODA ODEintWarning OdeSolution OdeSolver RK23
    RK45 Radau complex_ode cubature cumulative_simpson cumulative_trapezoid dblquad fixed_quad
    lebedev_rule newton_cotes nquad nsum ode odeint qmc_quad quad quad_vec romb simpson
    solve_bvp solve_ivp tanhsinh tplquad
    Binomial BootstrapMethod CensoredData ConstantInputWarning Covariance DegenerateDataWarning
    FitError Logistic MonteCarloMethod NearConstantInputWarning Normal PermutationMethod
    Uniform alexandergovern alpha anderson_ksamp anglit ansari arcsine argus barnard_exact
    bayes_mvs betabinom betanbinom betaprime binned_statistic binned_statistic_2d
    binned_statistic_dd binomtest boltzmann bootstrap boschloo_exact boxcox_llf boxcox_normmax
    boxcox_normplot bradford brunnermunzel burr burr12 bws_test cauchy chatterjeexi chi chi2
    chi2_contingency circmean circstd circvar combine_pvalues cosine cramervonmises
    cramervonmises_2samp crystalball cumfreq describe dgamma differential_entropy
    directional_stats dirichlet_multinomial dlaplace dpareto_lognorm dunnett dweibull ecdf
    energy_distance entropy epps_singleton_2samp erlang expectile expon exponnorm exponpow
    exponweib f_oneway false_discovery_control fatiguelife fisher_exact fisk fligner foldcauchy
    foldnorm friedmanchisquare gausshyper gaussian_kde genexpon genextreme gengamma
    genhalflogistic genhyperbolic geninvgauss genlogistic gennorm genpareto geom gibrat gmean
    gompertz goodness_of_fit gstd gumbel_l gumbel_r gzscore halfcauchy halfgennorm halflogistic
    halfnorm hmean hypergeom hypsecant invgamma invgauss invweibull invwishart iqr irwinhall
    jarque_bera jf_skew_t johnsonsb johnsonsu kappa3 kappa4 kendalltau kruskal ks_1samp
    ks_2samp ksone kstat kstatvar kstest kstwo kstwobign kurtosis kurtosistest landau
    laplace_asymmetric levene levy levy_l levy_stable linregress lmoment loglaplace lognorm
    logrank logser loguniform lomax mannwhitneyu matrix_normal matrix_t maxwell
    median_abs_deviation median_test mielke mode moment monte_carlo_test mood moyal
    multiscale_graphcorr multivariate_hypergeom multivariate_t mvsdist nakagami nbinom ncf
    nchypergeom_fisher nchypergeom_wallenius nct ncx2 nhypergeom normal_inverse_gamma
    normaltest norminvgauss obrientransform order_statistic ortho_group page_trend_test
    pearson3 pearsonr percentileofscore permutation_test planck pmean pointbiserialr
    poisson_binom poisson_means_test power_divergence powerlaw powerlognorm powernorm ppcc_max
    ppcc_plot probplot quantile_test random_correlation random_table rankdata ranksums rdist
    recipinvgauss rel_breitwigner relfreq rice scoreatpercentile sem semicircular shapiro
    siegelslopes sigmaclip skellam skew skewcauchy skewnorm skewtest sobol_indices somersd
    spearmanr spearmanrho special_ortho_group studentized_range theilslopes tiecorrect tmax
    tmean tmin triang trim1 trim_mean trimboth truncexpon truncnorm truncpareto
    truncweibull_min tsem tstd ttest_1samp ttest_ind ttest_ind_from_stats ttest_rel tukey_hsd
    tukeylambda tvar uniform_direction unitary_group variation vonmises_fisher vonmises_line
    wasserstein_distance wasserstein_distance_nd weibull_max weibull_min weightedtau wilcoxon
    wishart wrapcauchy yeojohnson yeojohnson_llf yeojohnson_normmax yeojohnson_normplot
    yulesimon zipfian zmap zscore
    a b badvalue cdf expect fit_loc_scale generic_moment interval isf logcdf logpdf logsf
    moment_type nnlf numargs pdf ppf rvs sf shapes support vecentropy xtol
"""
NAMES: Final = frozenset(_TEXT.split())
